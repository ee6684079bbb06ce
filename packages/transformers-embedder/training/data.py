"""Texts to features: what the model reads of a text, and the sets to train and choose by.

A text becomes rows of one table: WordPiece tokens; whole words of several pieces that are
listed (one row in place of the pieces); listed pairs of neighbouring rows (in addition).
"""
import gzip
import hashlib
import json
import re

import numpy as np
from tokenizers import Tokenizer

FIRST = 998  # ids up to here are [PAD], [UNK], [CLS], [unusedN]...: all of them are row 0
VOCABULARY = 30522 - FIRST
HUMPED = re.compile(r'(?<![A-Za-z0-9])[A-Za-z0-9]*?(?:[a-z][A-Z]|[A-Z][A-Z][a-z][a-z])[A-Za-z0-9]*')
HUMP = re.compile(r'(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z][a-z])')


def read(path):
    return [json.loads(line) for line in gzip.open(path, 'rt', encoding='utf8')]


def bucket(text, count):
    """The same number below `count` for the same text, on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), 'little') % count


def word_hash(ids, lengths):
    """32-bit hashes of words; `ids` holds their token ids, `lengths` how many each has."""
    starts = np.cumsum(lengths) - lengths
    hashes = np.full(len(lengths), 2166136261, np.uint32)
    for piece in range(int(lengths.max(initial=0))):
        at = np.flatnonzero(lengths > piece)
        h = (hashes[at] ^ ids[starts[at] + piece].astype(np.uint32)) * np.uint32(0x9E3779B1)
        hashes[at] = h ^ (h >> np.uint32(15))
    return hashes


class Features:
    """`word_keys`: sorted hashes of the listed words. `pair_keys`: sorted `first row << 16 | second row`."""

    def __init__(self, tokenizer, word_keys=(), pair_keys=(), humps=True):
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.word_keys = np.asarray(word_keys, np.uint32)
        self.pair_keys = np.asarray(pair_keys, np.uint32)
        self.humps = humps
        pieces = self.tokenizer.get_vocab()
        self.continues = np.zeros(len(pieces), bool)
        for piece, i in pieces.items():
            self.continues[i] = piece.startswith('##')
        self.single = {}

    def is_single(self, word):
        """Whether a lower-case word has a row of its own."""
        if word not in self.single:
            ids = np.array(self.tokenizer.encode(word, add_special_tokens=False).ids)
            self.single[word] = len(ids) == 1 or bool(find(self.word_keys, word_hash(ids, np.array([len(ids)])))[1][0])
        return self.single[word]

    def split(self, text):
        """camelCase becomes camel Case, unless the whole has a row."""
        return HUMPED.sub(lambda m: m[0] if self.is_single(m[0].lower()) else HUMP.sub(' ', m[0]), text)

    def tokens(self, texts, limit=8192):
        """Token ids of all texts in one array, and how many each has."""
        flat, lengths = [], []
        for start in range(0, len(texts), 10000):
            part = texts[start:start + 10000]
            if self.humps:
                part = [self.split(t) for t in part]
            for e in self.tokenizer.encode_batch_fast(part, add_special_tokens=False):
                ids = e.ids[:limit]
                lengths.append(len(ids))
                flat.append(np.array(ids, np.uint16))
        return np.concatenate(flat), np.array(lengths)

    def words(self, ids, owner):
        """Where words start and how many tokens each has; a continuation at the start of a text starts one."""
        start = ~self.continues[ids]
        if len(ids):
            start |= np.r_[True, owner[1:] != owner[:-1]]
        at = np.flatnonzero(start)
        return at, np.diff(np.r_[at, len(ids)])

    def rows(self, ids, lengths):
        """Rows in reading order, without pairs, and the text of each."""
        owner = np.repeat(np.arange(len(lengths)), lengths)
        at, size = self.words(ids, owner)
        index, found = find(self.word_keys, word_hash(ids, size))
        found &= size > 1
        rows = np.maximum(ids.astype(np.int64) - FIRST, 0)
        rows[at[found]] = VOCABULARY + index[found]
        keep = np.repeat(~found, size)
        keep[at[found]] = True
        return rows[keep], owner[keep]

    def bags(self, texts):
        """CSR: rows and counts of all texts, and where each text starts. Within a text the rows are sorted."""
        rows, owner = self.rows(*self.tokens(texts))
        return self.count(rows, owner, len(texts))

    def count(self, rows, owner, texts):
        neighbours = owner[1:] == owner[:-1]
        index, found = find(self.pair_keys, (rows[:-1] << 16 | rows[1:]).astype(np.uint32))
        found &= neighbours
        rows = np.r_[rows, VOCABULARY + len(self.word_keys) + index[found]]
        owner = np.r_[owner, owner[1:][found]]
        both, counts = np.unique(owner << 16 | rows, return_counts=True)
        starts = np.searchsorted(both >> 16, np.arange(texts + 1))
        return (both & 0xFFFF).astype(np.uint16), np.minimum(counts, 65535).astype(np.uint16), starts


def find(keys, wanted):
    """Position of each wanted key among the sorted keys, and whether it is there."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted
