"""The table that is trained: a text is the weighted sum of its rows, brought to unit length."""
import math

import numpy as np
import torch
import torch.nn.functional as F

from model import DIMS, levels_of, scales_of

BLOCKS = (0, 64, 128, 256)  # rotations inside these keep the cosines of prefixes of 64 and 128


class LazyAdam:
    """Adam for a table of which a batch touches some rows: only they, and their moments, move."""

    def __init__(self, table):
        self.table, self.mean, self.square = table, torch.zeros_like(table), torch.zeros_like(table)
        self.steps = 0
        self.touched, self.position = np.zeros(len(table), bool), np.zeros(len(table), np.int64)

    def take(self, rows):
        """The touched rows as a leaf, and where each of `rows` is in it."""
        self.touched[:] = False
        self.touched[rows] = True
        at = np.flatnonzero(self.touched)
        self.position[at] = np.arange(len(at))
        self.at = torch.from_numpy(at)
        self.local = self.table[self.at].requires_grad_()
        return self.local, torch.from_numpy(self.position[rows])

    def step(self, rate, beta1=.9, beta2=.99):
        self.steps += 1
        gradient = self.local.grad
        mean = self.mean[self.at].lerp_(gradient, 1 - beta1)
        square = self.square[self.at].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        self.mean[self.at], self.square[self.at] = mean, square
        size = square.sqrt().mul_(1 / math.sqrt(1 - beta2 ** self.steps)).add_(1e-8)
        self.table[self.at] = self.local.detach().addcdiv_(mean, size, value=-rate / (1 - beta1 ** self.steps))

    def state(self):
        return {'mean': self.mean, 'square': self.square, 'steps': self.steps}

    def load(self, state):
        self.mean, self.square, self.steps = state['mean'], state['square'], state['steps']


class Network:
    """With `dimensions` (the size of values in each dimension) the rows are read as 4-bit levels; gradients pass straight through."""

    def __init__(self, table, dimensions=None):
        self.table, self.dimensions = table, dimensions
        self.adam = LazyAdam(table)

    def read(self, rows):
        if self.dimensions is None:
            return rows
        with torch.no_grad():
            scaled = rows / self.dimensions
            codes, scales = scales_of(scaled)
            quantised = (levels_of(scaled, scales) - 7.5) * scales[:, None] * self.dimensions
        return rows + (quantised - rows).detach()

    def forward(self, rows, offsets, weights):
        """For training: gradients go to the touched rows."""
        local, at = self.adam.take(rows.numpy())
        return F.normalize(F.embedding_bag(at, self.read(local), offsets, mode='sum', per_sample_weights=weights), dim=1)

    @torch.no_grad()
    def embed(self, bags, texts):
        table = self.read(self.table)
        parts = []
        for start in range(0, len(texts), 4096):
            rows, offsets, weights = bags.batch(texts[start:start + 4096])
            parts.append(F.normalize(F.embedding_bag(rows, table, offsets, mode='sum', per_sample_weights=weights), dim=1))
        return torch.cat(parts).numpy()


def itq_blocks(vectors, rounds=40, seed=0):
    """An orthogonal matrix, block by block, after which signs keep most (ITQ without a mean)."""
    rotation = np.zeros((DIMS, DIMS), np.float32)
    for start, end in zip(BLOCKS, BLOCKS[1:]):
        part = vectors[:, start:end]
        turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((end - start, end - start)))[0].astype(np.float32)
        for _ in range(rounds):
            u, _, v = np.linalg.svd(np.sign(part @ turn).T @ part)
            turn = (u @ v).T
        rotation[start:end, start:end] = turn
    return rotation


def sizes(table):
    """Root mean square of each block, for each dimension."""
    return torch.cat([table[:, a:b].square().mean().sqrt().expand(b - a) for a, b in zip(BLOCKS, BLOCKS[1:])])
