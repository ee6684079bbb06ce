"""What training reads: the features of all texts, pairs, and the teacher's vectors in their principal axes."""
import json

import numpy as np
import torch

from data import VOCABULARY, read
from teacher import CHUNK, Teacher, cached


class Corpus:
    def __init__(self, shared, work, exponent):
        z = np.load(work / 'features.npz')
        lists = json.loads((work / 'lists.json').read_text())
        self.flat, self.counts, self.starts = z['flat'].astype(np.int64), z['tf'], z['starts']
        self.pairs, self.sources, self.passages = z['pairs'], z['sources'], z['passages']
        self.words, self.word_keys, self.pair_keys = lists['words'], z['word_keys'], z['pair_keys']
        self.choose_queries, self.choose_texts, self.choose_sources = z['choose_queries'], z['choose_texts'], np.array(lists['choose_sources'])
        self.rows = VOCABULARY + len(self.word_keys) + len(self.pair_keys)
        self.exponent, self.weights = exponent, self.counts.astype(np.float32) ** np.float32(exponent)
        self.load_teacher(shared, work, z['row_in_vectors'])

    def load_teacher(self, shared, work, row_in_vectors):
        stored = np.fromfile(shared / 'vectors/passages-minilm.i8', np.int8).reshape(-1, 384)
        scale = np.fromfile(shared / 'vectors/passages-minilm.scale.f32', np.float32)
        sample = np.random.default_rng(0).permutation(len(stored))[:30000]
        x = stored[sample] * scale[sample, None]
        self.axes = np.ascontiguousarray(np.linalg.eigh(x.T @ x)[1][:, ::-1]).astype(np.float32)  # strongest first, not centred
        self.vectors, self.has_vector = np.zeros((len(row_in_vectors), 384), np.float16), row_in_vectors >= 0
        known = np.flatnonzero(self.has_vector)
        for start in range(0, len(known), 20000):
            at = known[start:start + 20000]
            rows = row_in_vectors[at]
            self.vectors[at] = (stored[rows] * scale[rows, None]) @ self.axes
        number = {json.loads(line): i for i, line in enumerate(open(work / 'texts.jsonl', encoding='utf8'))}
        queries = list(dict.fromkeys(c['query'] for c in read(shared / 'text/pairs.jsonl.gz')))
        for path in sorted((work / 'teacher/queries').glob('*.npy')):
            at = [number[q] for q in queries[int(path.stem) * CHUNK:][:CHUNK]]
            self.vectors[at] = np.load(path).astype(np.float32) @ self.axes
            self.has_vector[at] = True

    def rotate(self, rotation):
        """Turns the first 256 axes of the teacher as the table was turned."""
        for start in range(0, len(self.vectors), 50000):
            part = self.vectors[start:start + 50000]
            part[:, :256] = part[:, :256].astype(np.float32) @ rotation

    def batch(self, texts):
        """Rows, where each text starts, weights: as embedding_bag reads them."""
        first, sizes = self.starts[texts], self.starts[texts + 1] - self.starts[texts]
        offsets = np.cumsum(sizes) - sizes
        at = np.arange(sizes.sum()) + np.repeat(first - offsets, sizes)
        return torch.from_numpy(self.flat[at]), torch.from_numpy(offsets), torch.from_numpy(self.weights[at])

    def document_frequency(self):
        """In how many training texts each row is, and how many training texts there are."""
        used = np.zeros(len(self.starts) - 1, bool)
        used[self.pairs.ravel()] = used[self.passages] = True
        return np.bincount(self.flat[np.repeat(used, np.diff(self.starts))], minlength=self.rows), int(used.sum())

    def first_table(self, shared, work, scale):
        """Each row points where the teacher puts its token or word, and is as long as it is rare. Pairs start at nothing."""
        path = work / 'init.npy'
        if not path.exists():
            teacher = Teacher(shared / 'models/all-MiniLM-L6-v2')
            np.save(path, teacher.embed_ids([[101, i, 102] for i in range(998, 30522)] + [[101, *ids, 102] for ids in self.words]).astype(np.float16))
        directions = (np.load(path).astype(np.float32) @ self.axes)[:, :256]
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        df, texts = self.document_frequency()
        lengths = np.clip(np.log(texts / (df + 1.0)) / 8, .03, 1.7) ** 1.5
        lengths[df == 0] = 1.2
        table = np.zeros((self.rows, 256), np.float32)
        table[:len(directions)] = directions * lengths[:len(directions), None] * scale
        return torch.from_numpy(table)


def embed_queries(shared, work, log):
    queries = list(dict.fromkeys(c['query'] for c in read(shared / 'text/pairs.jsonl.gz')))
    cached(Teacher(shared / 'models/all-MiniLM-L6-v2'), queries, work / 'teacher/queries', log)


def teacher_queries(work):
    """What `embed_queries` has kept, in order."""
    return np.concatenate([np.load(path) for path in sorted((work / 'teacher/queries').glob('*.npy'))])
