"""The data stage: drop what the evaluation sets hold, set queries aside to choose by, list words and pairs, count rows."""
import csv
import json
import re
from collections import Counter

import numpy as np

from data import FIRST, VOCABULARY, Features, bucket, read, word_hash

SETS = ('scifact', 'cranfield', 'datatalks-faq')
TEACHER_ROWS = 100_000  # lines of passages.jsonl.gz whose vectors are in shared/vectors
# Whole sources that no training reads: documentation, medicine, forums.
HELD_OUT = {
    'debian:git-doc', 'github:prometheus/docs', 'debian:nodejs-doc', 'debian:postfix-doc', 'github:deepset-ai/COVID-QA',
    'stackexchange via github:1123/StackExchangeImporter', 'stackexchange via github:spreusche/Tp-especial-XML',
}
SHINGLE = 8


def evaluation_texts(data):
    for name in SETS:
        for file in ('corpus', 'queries'):
            for line in open(data / name / f'{file}.jsonl', encoding='utf8'):
                entry = json.loads(line)
                yield f"{entry.get('title', '')} {entry['text']}".strip()
    for row in csv.reader(open(data / 'stsb/sts-test.csv', encoding='utf8'), delimiter='\t', quoting=csv.QUOTE_NONE):
        yield from row[5:7]


class Shingles:
    """Hashes of every run of eight words (punctuation left out), or of the whole text where it is shorter."""

    def __init__(self, features):
        self.features = features
        pieces = features.tokenizer.get_vocab()
        self.spoken = np.zeros(len(pieces), bool)
        for piece, i in pieces.items():
            self.spoken[i] = re.fullmatch(r'(##)?\w+', piece) is not None

    def __call__(self, ids, lengths):
        owner = np.repeat(np.arange(len(lengths)), lengths)
        owner, ids = owner[self.spoken[ids]], ids[self.spoken[ids]]
        at, size = self.features.words(ids, owner)
        word, owner = word_hash(ids, size).astype(np.uint64), owner[at]
        word = np.r_[word, np.zeros(SHINGLE, np.uint64)]
        ends = np.searchsorted(owner, owner, side='right')
        hashes = np.zeros(len(owner), np.uint64)
        for k in range(SHINGLE):
            inside = np.arange(len(owner)) + k < ends
            hashes = (hashes + np.where(inside, word[k:k + len(owner)] + np.uint64(1), 0)) * np.uint64(0x9E3779B97F4A7C15)
            hashes ^= hashes >> np.uint64(29)
        first = np.r_[True, owner[1:] != owner[:-1]]
        whole = np.arange(len(owner)) + SHINGLE <= ends
        keep = whole | first
        return hashes[keep], owner[keep]


def near_duplicates(features, data, ids, lengths):
    """Which texts share a shingle with an evaluation text."""
    shingles = Shingles(features)
    forbidden = np.unique(shingles(*features.tokens(list(evaluation_texts(data))))[0])
    hashes, owner = shingles(ids, lengths)
    at = np.minimum(np.searchsorted(forbidden, hashes), len(forbidden) - 1)
    shared = np.zeros(len(lengths), bool)
    shared[owner[forbidden[at] == hashes]] = True
    return shared


def listed_words(features, ids, lengths, count):
    """Hashes of the words of several pieces that most texts have, and their token ids."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    at, size = features.words(ids, owner)
    several = np.flatnonzero((size > 1) & (size < 16))
    hashes = word_hash(ids, size)[several].astype(np.int64)
    seen = np.unique(hashes << 20 | owner[at[several]])
    keys, df = np.unique(seen >> 20, return_counts=True)
    best = np.sort(keys[np.argsort(-df, kind='stable')[:count]])
    sample = several[np.unique(hashes, return_index=True)[1][np.searchsorted(keys, best)]]
    return best.astype(np.uint32), [ids[at[i]:at[i] + size[i]].tolist() for i in sample], int(df[np.argsort(-df, kind='stable')[count - 1]])


def listed_pairs(rows, owner, texts, count, plain):
    """Neighbouring rows that stand together far more often than chance: `texts with both * log(ratio to chance)`."""
    df = np.bincount(np.unique(owner << 16 | rows) & 0xFFFF, minlength=65536)
    common = np.argsort(-df)[:150]  # function words
    usable = plain.copy()
    usable[common] = False
    together = (owner[1:] == owner[:-1]) & usable[rows[1:]] & usable[rows[:-1]]
    keys = (rows[:-1] << 16 | rows[1:])[together]
    seen = np.unique(keys << 20 | owner[1:][together])
    keys, both = np.unique(seen >> 20, return_counts=True)
    keys, both = keys[both >= 8], both[both >= 8]
    chance = df[keys >> 16].astype(float) * df[keys & 0xFFFF] / texts
    score = both * np.log(both / chance)
    return np.sort(keys[np.argsort(-score, kind='stable')[:count]]).astype(np.uint32)


def prepare(shared, work, words, pairs, log):
    tokenizer = shared / 'models/all-MiniLM-L6-v2/tokenizer.json'
    passages, couples = read(shared / 'text/passages.jsonl.gz'), read(shared / 'text/pairs.jsonl.gz')
    texts = list(dict.fromkeys([p['text'] for p in passages] + [c['text'] for c in couples] + [c['query'] for c in couples]))
    number = {text: i for i, text in enumerate(texts)}
    plain = Features(tokenizer, humps=False)
    ids, lengths = plain.tokens(texts)
    log(f'{len(texts)} texts, {len(ids)} tokens')
    bad = near_duplicates(plain, shared / 'data', ids, lengths)

    # Sets to choose by.
    held = {t for c in couples if c['source'] in HELD_OUT for t in (c['text'], c['query'])} | {p['text'] for p in passages if p['source'] in HELD_OUT}
    chosen, taken = [], Counter()
    for c in sorted(couples, key=lambda c: bucket(c['query'] + c['text'], 1 << 30)):
        outside = c['source'] in HELD_OUT
        clean = not bad[number[c['text']]] and not bad[number[c['query']]]
        if clean and (outside or bucket(c['query'], 40) == 0) and taken[c['source']] < (200 if outside else 60):
            taken[c['source']] += 1
            chosen.append(c)
    kept_out = held | {t for c in chosen for t in (c['text'], c['query'])}
    out = np.array([t in kept_out for t in texts])
    counts = {
        'passages': len(passages), 'pairs': len(couples),
        'passages dropped for evaluation texts': sum(bool(bad[number[p['text']]]) for p in passages),
        'pairs dropped for evaluation texts': sum(bool(bad[number[c['text']]] or bad[number[c['query']]]) for c in couples),
    }
    clean = ~bad & ~out
    train_pairs = np.array([(number[c['query']], number[c['text']]) for c in couples if clean[number[c['query']]] and clean[number[c['text']]]])
    source_names = sorted({c['source'] for c in couples})
    sources = np.array([source_names.index(c['source']) for c in couples if clean[number[c['query']]] and clean[number[c['text']]]])
    train_passages = np.array([number[p['text']] for p in passages if clean[number[p['text']]]])
    counts |= {'training passages': len(train_passages), 'training pairs': len(train_pairs), 'queries to choose by': len(chosen)}
    log(json.dumps(counts))

    # Words and pairs from training text only.
    allowed = np.zeros(len(texts), bool)
    allowed[train_passages] = allowed[train_pairs.ravel()] = True
    of_training = np.repeat(allowed, lengths)
    word_keys, word_ids, least = listed_words(plain, ids[of_training], lengths[allowed], words)
    log(f'{len(word_keys)} words, each in {least} texts or more')
    features = Features(tokenizer, word_keys)
    rows, owner = features.rows(*features.tokens(texts))
    pieces = sorted(plain.tokenizer.get_vocab().items(), key=lambda item: item[1])
    usable = np.zeros(65536, bool)
    usable[[i - FIRST for piece, i in pieces if i > FIRST and re.fullmatch(r'[a-z0-9]{2,}', piece)]] = True
    usable[VOCABULARY:VOCABULARY + len(word_keys)] = True
    of_training = allowed[owner]
    pair_keys = listed_pairs(rows[of_training], owner[of_training], int(allowed.sum()), pairs, usable)
    features.pair_keys = pair_keys
    flat, tf, starts = features.count(rows, owner, len(texts))
    log(f'{len(pair_keys)} pairs; {len(flat)} entries, {len(flat) / len(texts):.1f} a text')

    index = {t: i for i, t in enumerate(passages[i]['text'] for i in range(TEACHER_ROWS))}
    np.savez(work / 'features.npz', flat=flat, tf=tf, starts=starts, word_keys=word_keys, pair_keys=pair_keys, pairs=train_pairs, sources=sources, passages=train_passages,
             row_in_vectors=np.array([index.get(t, -1) for t in texts]),
             choose_queries=np.array([number[c['query']] for c in chosen]), choose_texts=np.array([number[c['text']] for c in chosen]))
    json.dump({'words': word_ids, 'choose_sources': [c['source'] for c in chosen], 'counts': counts, 'source_names': source_names}, open(work / 'lists.json', 'w'))
    (work / 'texts.jsonl').write_text('\n'.join(json.dumps(t) for t in texts), 'utf8')
