"""What recipes are chosen by: MRR@10 on pairs set aside, mean of the sources."""
import numpy as np

from evaluate import decoded, itq, signs, unit
from prepare import HELD_OUT

DOCUMENTATION = ('-doc', 'docs', 'Docs', 'rfcs', 'peps', 'react.dev', 'opentelemetry', 'enhancements', 'help', 'nodejs.org', 'LDP', 'CheatSheet')


def reciprocal_ranks(queries, texts, truth):
    scores = queries @ texts.T
    ranks = (scores > scores[np.arange(len(queries)), truth][:, None]).sum(1)
    return np.where(ranks < 10, 1 / (ranks + 1.0), 0)


def validate(network, corpus, codes=False):
    texts, truth = np.unique(corpus.choose_texts, return_inverse=True)
    pool = np.r_[texts, np.random.default_rng(1).permutation(corpus.passages)[:20000]]
    q, d = network.embed(corpus, corpus.choose_queries), network.embed(corpus, pool)
    sources = corpus.choose_sources
    names = np.unique(sources)

    def mean(values, which=lambda name: True):
        return np.mean([values[sources == name].mean() for name in names if which(name)])

    parts = []
    for k in (256, 128, 64):
        x = reciprocal_ranks(unit(q[:, :k]), unit(d[:, :k]), truth)
        parts.append(f'{k}: sources trained on {mean(x, lambda n: n not in HELD_OUT):.4f}, held out {mean(x, lambda n: n in HELD_OUT):.4f}, '
                     f'documentation {mean(x, lambda n: any(w in n for w in DOCUMENTATION)):.4f}')
    full = mean(reciprocal_ranks(q, d, truth))
    for k in (256, 128, 64) if codes else ():
        centre, projection = itq(d, k)
        shares = [mean(reciprocal_ranks(q, decoded(signs(x), d), truth)) / full for x in ((d - centre) @ projection, d[:, :k])]
        parts.append(f'{k} bits decoded: PCA + ITQ {shares[0]:.3f}, signs {shares[1]:.3f} of floats')
    return '; '.join(parts)
