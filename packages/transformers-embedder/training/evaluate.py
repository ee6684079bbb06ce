"""nDCG@10 on the shared sets: floats, prefixes, binary codes."""
import csv
import json

import numpy as np

SETS = ('scifact', 'cranfield', 'datatalks-faq')


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def load_set(folder):
    lines = lambda name: [json.loads(line) for line in open(folder / name, encoding='utf8')]
    docs, queries = lines('corpus.jsonl'), lines('queries.jsonl')
    judged = {}
    for row in list(csv.reader(open(folder / 'qrels/test.tsv'), delimiter='\t'))[1:]:
        if int(row[2]) > 0:
            judged.setdefault(row[0], {})[row[1]] = int(row[2])
    queries = [q for q in queries if q['_id'] in judged]
    number = {d['_id']: i for i, d in enumerate(docs)}
    relevant = [{number[d]: g for d, g in judged[q['_id']].items() if d in number} for q in queries]
    return [f"{d.get('title', '')} {d['text']}".strip() for d in docs], [q['text'] for q in queries], relevant


def ndcg(ranks, relevant, k=10):
    """One figure a query; `ranks` holds document numbers, best first."""
    out = np.zeros(len(relevant))
    for i, grades in enumerate(relevant):
        gain = sum(grades.get(int(d), 0) / np.log2(r + 2) for r, d in enumerate(ranks[i][:k]))
        ideal = sum(g / np.log2(r + 2) for r, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
        out[i] = gain / ideal if ideal else 0
    return out


def top(scores, k=10):
    return np.argsort(-scores, axis=1, kind='stable')[:, :k]


def itq(x, bits, rounds=50, seed=0):
    """Mean and projection of PCA + ITQ."""
    mean = x.mean(0)
    _, vectors = np.linalg.eigh(np.cov((x - mean).T))
    pca = vectors[:, ::-1][:, :bits].astype(np.float32)
    projected = (x - mean) @ pca
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((bits, bits)))[0].astype(np.float32)
    for _ in range(rounds):
        u, _, v = np.linalg.svd(np.sign(projected @ rotation).T @ projected)
        rotation = (u @ v).T
    return mean, pca @ rotation


def decoded(bits, x):
    """Vectors that a least-squares decoder makes of codes (-1, 1)."""
    a = np.concatenate([bits, np.ones((len(bits), 1), np.float32)], 1)
    return unit(a @ np.linalg.solve(a.T @ a + .1 * np.eye(a.shape[1]), a.T @ x))


def signs(x):
    return np.where(x > 0, 1, -1).astype(np.float32)


def reranked(scores, exact, depth=100):
    candidates = top(scores, depth)
    order = np.argsort(-np.take_along_axis(exact, candidates, 1), axis=1, kind='stable')[:, :10]
    return np.take_along_axis(candidates, order, 1)


def measure(docs, queries, relevant):
    """All figures of one set from its vectors: name to one nDCG@10 a query."""
    exact = queries @ docs.T
    out = {}
    for k in (256, 128, 64, 32):
        out[f'float {k}'] = ndcg(top(unit(queries[:, :k]) @ unit(docs[:, :k]).T), relevant)
    for k in (256, 128, 64):
        mean, projection = itq(docs, k)
        for name, d, q in (('itq', (docs - mean) @ projection, (queries - mean) @ projection), ('sign', docs[:, :k], queries[:, :k])):
            code = signs(d)
            symmetric, soft = signs(q) @ code.T, queries @ decoded(code, docs).T
            out[f'{name} {k} symmetric'] = ndcg(top(symmetric), relevant)
            out[f'{name} {k} asymmetric'] = ndcg(top(q @ code.T), relevant)
            out[f'{name} {k} decoded'] = ndcg(top(soft), relevant)
            out[f'{name} {k} decoded, re-ranked 100'] = ndcg(reranked(soft, exact), relevant)
            out[f'{name} {k} symmetric, re-ranked 100'] = ndcg(reranked(symmetric, exact), relevant)
    return out


def bootstrap(a, b, rounds=10000, seed=0):
    """Mean of a - b over queries, and its 95 % interval."""
    rng = np.random.default_rng(seed)
    means = np.array([(a - b)[rng.integers(0, len(a), len(a))].mean() for _ in range(rounds)])
    return (a - b).mean(), *np.quantile(means, [.025, .975])


def report(data, model, plain, log):
    """`plain` is the same model trained without terms for codes; differences are of the first to it."""
    for name in SETS:
        docs, queries, relevant = load_set(data / name)
        figures = measure(model.embed(docs), model.embed(queries), relevant)
        others = measure(plain.embed(docs), plain.embed(queries), relevant) if plain else {}
        full = figures['float 256'].mean()
        for key, values in figures.items():
            line = f'{name}: {key}: {values.mean():.4f}, {values.mean() / full:.3f} of float'
            if key in others:
                line += '; plain {:.4f}; difference {:+.4f} ({:+.4f} to {:+.4f})'.format(others[key].mean(), *bootstrap(values, others[key]))
            log(line)
