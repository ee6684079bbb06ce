"""The exported model: 4-bit rows, and reference inference in NumPy (SPEC.md, step by step)."""
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from data import Features

DIMS = 256
SCALE_STEPS, SCALE_BIAS = 8, 160  # a scale is 2 ** ((code - bias) / steps)
STEP = .335  # of 16 even levels for values of a normal distribution, in root mean squares


def scales_of(rows):
    """Codes and scales for the rows of a table (PyTorch)."""
    codes = torch.clamp(torch.round(torch.log2(rows.square().mean(1).sqrt() * STEP + 1e-12) * SCALE_STEPS) + SCALE_BIAS, 0, 255)
    return codes, torch.exp2((codes - SCALE_BIAS) / SCALE_STEPS)


def levels_of(rows, scales):
    return torch.clamp(torch.floor(rows / scales[:, None]) + 8, 0, 15)


def pack(levels):
    """Levels 0..15 [rows, 256] to U8 [rows, 128]: dimension j in the low half of byte j, j + 128 in the high half."""
    return (levels[:, :128] | levels[:, 128:] << 4).astype(np.uint8)


def unpack(nibbles):
    return np.concatenate([nibbles & 15, nibbles >> 4], 1)


class StaticModel:
    def __init__(self, folder):
        folder = Path(folder)
        config = json.loads((folder / 'config.json').read_text())['bitryoshka']
        tensors = load_file(folder / 'model.safetensors')
        self.features = Features(folder / 'tokenizer.json', tensors['word_keys'], tensors['pair_keys'])
        self.levels = unpack(tensors['rows'])
        self.scales = np.exp2((tensors['scales'].astype(np.float32) - config['scaleBias']) / config['scaleSteps']).astype(np.float32)
        self.dimensions = tensors['dimension_scales']
        self.exponent = np.float32(config['countExponent'])

    def embed(self, texts):
        rows, counts, starts = self.features.bags(texts)
        out = np.zeros((len(texts), DIMS), np.float32)
        for i in range(len(texts)):
            own = slice(starts[i], starts[i + 1])
            at, weights = rows[own], counts[own].astype(np.float32) ** self.exponent
            if not len(at):
                at, weights = np.zeros(1, np.int64), np.ones(1, np.float32)
            out[i] = (weights * self.scales[at]) @ (self.levels[at].astype(np.float32) - np.float32(7.5)) * self.dimensions
        return out / np.linalg.norm(out, axis=1, keepdims=True)
