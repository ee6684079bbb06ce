"""Trains the bundled static model: `python main.py all`, or a stage. See README.md."""
import argparse
import os
import time
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')  # the same sums in the same order

import torch

import evaluate
from adapter import train_adapter
from corpus import Corpus, embed_queries, teacher_queries
from export import export_checkpoint
from model import StaticModel
from prepare import prepare
from train import Recipe, train_floats, train_levels

WORDS, PAIRS, EXPONENT = 24_000, 9_900, .65
# Runs that differ in length, rate and noise: their mean is better than any of them.
FLOATS = [Recipe(steps=800, rate=4e-3, seed=seed) for seed in range(6)]
FLOATS += [Recipe(steps=2400, rate=4e-3, seed=6), Recipe(steps=1200, rate=2e-3, drop=.1, seed=7), Recipe(steps=1200, rate=4e-3, drop=.2, seed=8)]
LEVELS = Recipe(steps=600, rate=3e-4, codes=.5)
STAGES = ('prepare', 'teacher', 'floats', 'levels', 'plain-levels', 'export', 'evaluate')


def log(*parts):
    print(time.strftime('%H:%M:%S'), *parts, flush=True)


def stage(name, shared, work, out):
    if name == 'prepare':
        prepare(shared, work, WORDS, PAIRS, log)
    elif name == 'teacher':
        embed_queries(shared, work, log)
    elif name == 'floats':
        train_floats(Corpus(shared, work, EXPONENT), shared, work, FLOATS, log)
    elif name == 'levels':
        train_levels(Corpus(shared, work, EXPONENT), work, LEVELS, 'levels', log)
    elif name == 'plain-levels':
        train_levels(Corpus(shared, work, EXPONENT), work, Recipe(**{**vars(LEVELS), 'codes': 0}), 'plain-levels', log)
    elif name == 'export':
        tokenizer = shared / 'models/all-MiniLM-L6-v2/tokenizer.json'
        export_checkpoint(work / 'levels-final.pt', work, out, tokenizer, EXPONENT)
        if (work / 'plain-levels-final.pt').exists():
            export_checkpoint(work / 'plain-levels-final.pt', work, work / 'plain-export', tokenizer, EXPONENT)
    elif name == 'adapter':
        train_adapter(shared, teacher_queries(work), work / 'adapter.safetensors', log)
    elif name == 'evaluate':
        evaluate.report(shared / 'data', StaticModel(out), StaticModel(work / 'plain-export') if (work / 'plain-export').exists() else None, log)


if __name__ == '__main__':
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('stage', choices=('all', *STAGES, 'adapter'))
    parser.add_argument('--shared', type=Path, default=here / '../../../../shared')
    parser.add_argument('--work', type=Path, default=here / 'work')
    parser.add_argument('--out', type=Path, default=here / 'out')
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    for name in STAGES if options.stage == 'all' else [options.stage]:
        stage(name, options.shared, options.work, options.out)
