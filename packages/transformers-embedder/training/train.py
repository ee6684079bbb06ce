"""Training in two stages: floats, then 4-bit levels with terms for binary codes. Both go on from their last checkpoint."""
import dataclasses
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from network import Network, itq_blocks, sizes
from validate import validate

CODES = (256, 128, 64)


@dataclasses.dataclass
class Recipe:
    steps: int
    rate: float
    codes: float = 0  # weight of the terms for binary codes
    pairs: int = 512  # a batch: half of them in groups of one source
    passages: int = 256
    group: int = 128
    contrast: float = .25  # weight of finding the right text, against 1 for pointing where the teacher points
    mix: float = .3  # share of the teacher's ranking in the target of that
    among: float = .1  # weight of the teacher's similarities among passages
    temperature: float = .05
    drop: float = 0  # share of a text's rows left out
    seed: int = 0
    save_every: int = 500
    average_from: float = .3  # the table given out is the mean over the rest of the run
    average_every: int = 20


class Batches:
    """The same batch for the same step, so that a run can go on anywhere."""

    def __init__(self, corpus, recipe):
        self.corpus, self.recipe = corpus, recipe
        self.order = np.argsort(corpus.sources, kind='stable')
        self.bounds = np.searchsorted(corpus.sources[self.order], np.arange(corpus.sources.max() + 2))
        self.share = np.bincount(corpus.sources) / len(corpus.sources)
        self.passages = corpus.passages[corpus.has_vector[corpus.passages]]

    def __call__(self, step):
        rng = np.random.default_rng([self.recipe.seed, step])
        picked, left = [], self.recipe.pairs // 2
        while left > 0:
            source = rng.choice(len(self.share), p=self.share)
            members = self.order[self.bounds[source]:self.bounds[source + 1]]
            picked.append(rng.choice(members, min(left, self.recipe.group, len(members)), replace=False))
            left -= len(picked[-1])
        picked.append(rng.integers(0, len(self.corpus.pairs), self.recipe.pairs // 2))
        queries, texts = self.corpus.pairs[np.unique(np.concatenate(picked))].T
        return queries, texts, rng.choice(self.passages, self.recipe.passages, replace=False), int(rng.choice([128, 64]))


def cross_entropy(target, scores):
    return -(target * torch.log_softmax(scores, 1)).sum(1).mean()


class Loss:
    """Queries, their texts and other passages: what the teacher says about them, and which text is right."""

    def __init__(self, corpus, recipe, queries, texts, passages):
        everything = np.r_[queries, texts, passages]
        self.n, self.recipe = len(queries), recipe
        self.teacher = torch.from_numpy(corpus.vectors[everything].astype(np.float32))
        self.known = torch.from_numpy(corpus.has_vector[everything])
        same = torch.from_numpy((texts[None] == texts[:, None]) | (queries[None] == queries[:, None])).fill_diagonal_(False)
        self.bias = torch.cat([same.float() * -1e3, torch.zeros(self.n, len(passages))], 1)  # no text is wrong for its own query
        soft = self.teacher[:self.n] @ self.teacher[self.n:].T / recipe.temperature + self.bias
        soft[:, ~self.known[self.n:]] = -1e3
        trust = recipe.mix * self.known[:self.n].float()
        self.target = torch.softmax(soft, 1) * trust[:, None]
        self.target.diagonal().add_(1 - trust)
        among = self.teacher[2 * self.n:]
        self.among = torch.softmax(among @ among.T / recipe.temperature, 1)

    def ranking(self, queries, texts):
        return cross_entropy(self.target, torch.addmm(self.bias, queries, texts.T, alpha=1 / self.recipe.temperature))

    def floats(self, vectors, prefix):
        loss = 0
        for size, weight in ((256, 1), (128, .6), (64, .4), (32, .2)):
            alike = F.cosine_similarity(vectors[:, :size], self.teacher[:, :size])
            loss = loss + weight * (1 - alike)[self.known].mean()
        for size in (256, prefix):
            x = F.normalize(vectors[:, :size], dim=1)
            passages = x[2 * self.n:]
            loss = loss + self.recipe.contrast * self.ranking(x[:self.n], x[self.n:])
            loss = loss + self.recipe.among * cross_entropy(self.among, passages @ passages.T / self.recipe.temperature)
        return loss


class Codes:
    """Sign codes of a prefix, and the linear decoder that makes vectors of them; trained along with the table."""

    def __init__(self, vectors):
        self.decoders = {}
        for size in CODES:
            a = np.concatenate([np.sign(vectors[:, :size]), np.ones((len(vectors), 1), np.float32)], 1)
            self.decoders[size] = torch.from_numpy(np.linalg.solve(a.T @ a + .1 * np.eye(size + 1, dtype=np.float32), a.T @ vectors)).requires_grad_()
        self.sharpness = torch.full((len(CODES),), math.log(10.0)).requires_grad_()
        self.adam = torch.optim.Adam([*self.decoders.values(), self.sharpness], lr=1e-3)

    def __call__(self, vectors, loss, step):
        which = step % len(CODES)
        size = CODES[which]
        soft = torch.tanh(vectors[:, :size] * 16)
        bits = soft + (torch.sign(vectors[:, :size]) - soft).detach()  # straight through
        decoder = self.decoders[size]
        decoded = F.normalize(bits[loss.n:] @ decoder[:-1] + decoder[-1], dim=1)
        symmetric = bits[:loss.n] @ bits[loss.n:].T * (torch.exp(self.sharpness[which]) / size) + loss.bias
        lost = 1 - (decoded * vectors[loss.n:].detach()).sum(1).mean()
        return loss.ranking(vectors[:loss.n], decoded) + .5 * cross_entropy(loss.target, symmetric) + lost

    def state(self):
        return {'decoders': self.decoders, 'sharpness': self.sharpness, 'adam': self.adam.state_dict()}

    def load(self, state):
        with torch.no_grad():
            for size in CODES:
                self.decoders[size].copy_(state['decoders'][size])
            self.sharpness.copy_(state['sharpness'])
        self.adam.load_state_dict(state['adam'])


def save(path, state):
    torch.save(state, path.with_suffix('.new'))
    os.replace(path.with_suffix('.new'), path)


def run(corpus, network, recipe, path, log, codes=None):
    batches, start, total, taken = Batches(corpus, recipe), 0, torch.zeros_like(network.table), 0
    if path.exists():
        state = torch.load(path)
        network.table.copy_(state['table'])
        network.adam.load(state['adam'])
        if codes:
            codes.load(state['codes'])
        start, total, taken = state['step'], state['total'], state['taken']
    begun, mean = time.process_time(), 0
    for step in range(start, recipe.steps):
        queries, texts, passages, prefix = batches(step)
        rows, offsets, weights = corpus.batch(np.r_[queries, texts, passages])
        if recipe.drop:
            weights = weights * torch.from_numpy(np.random.default_rng([recipe.seed, step, 1]).random(len(weights), dtype=np.float32) >= recipe.drop)
        vectors = network.forward(rows, offsets, weights)
        loss = Loss(corpus, recipe, queries, texts, passages)
        value = loss.floats(vectors, prefix)
        if codes:
            value = value + recipe.codes * codes(vectors, loss, step)
        value.backward()
        done = step / recipe.steps
        network.adam.step(recipe.rate * min(1, (step + 1) / 60) * (1 - .7 * done))
        if done > recipe.average_from and step % recipe.average_every == 0:
            total, taken = total + network.table, taken + 1
        if codes:
            codes.adam.step()
            codes.adam.zero_grad()
        mean = value.item() if step == start else .98 * mean + .02 * value.item()
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            save(path, {'table': network.table, 'adam': network.adam.state(), 'codes': codes.state() if codes else None, 'step': step + 1, 'total': total, 'taken': taken})
            log(f'{path.stem} {step + 1}: loss {mean:.4f}, {(step + 1 - start) / (time.process_time() - begun):.1f} steps a second of processor time')
    network.table = total / taken
    log(f'{path.stem}: {validate(network, corpus, network.dimensions is not None)}')


def train_floats(corpus, shared, work, recipes, log):
    """The mean of several runs from one start. Rows that few texts have are trained little and end too short: they are made longer."""
    tables = []
    for recipe in recipes:
        network = Network(corpus.first_table(shared, work, 1.2))
        run(corpus, network, recipe, work / f'floats-{recipe.seed}.pt', log)
        tables.append(network.table)
    df, _ = corpus.document_frequency()
    longer = 1 + .5 * np.maximum(0, 1 - np.log(df + 1.0) / np.log(100))
    network = Network(sum(tables) / len(tables) * torch.from_numpy(longer.astype(np.float32))[:, None])
    save(work / 'floats.pt', {'table': network.table})
    log(f'floats: {validate(network, corpus)}')


def train_levels(corpus, work, recipe, name, log):
    """Turned inside its blocks the table goes to 4 bits; the terms for codes are left out if their weight is 0."""
    table = torch.load(work / 'floats.pt')['table']
    sample = np.random.default_rng(0).permutation(corpus.passages)[:20000]
    rotation = itq_blocks(Network(table).embed(corpus, sample))
    corpus.rotate(rotation)
    table = table @ torch.from_numpy(rotation)
    network = Network(table, sizes(table))
    codes = Codes(network.embed(corpus, sample)) if recipe.codes else None
    run(corpus, network, recipe, work / f'{name}.pt', log, codes)
    save(work / f'{name}-final.pt', {'table': network.table, 'dimensions': network.dimensions})
