"""Writes the model's files from a checkpoint, and texts with their vectors to test an implementation by."""
import json
import os

import numpy as np
import torch
from safetensors.numpy import save_file

from data import FIRST, VOCABULARY
from model import DIMS, SCALE_BIAS, SCALE_STEPS, StaticModel, levels_of, pack, scales_of

ODD_TEXTS = [
    '', ' ', '\n\t', 'a', '?', '0', 'the', 'Hello, world!', 'hello world', 'HELLO WORLD', 'hello hello hello hello', 'word ' * 300,
    'naïve café Ångström straße İstanbul', 'ﬁne ligature, ½ and ² and ①', 'e\u0301 combining, zero\u200bwidth, soft\u00adhyphen', '日本語のテキスト', 'これは長い日本語の文章です。', '中文 mixed with English',
    'Привет, мир', 'مرحبا بالعالم', '🎉 👨‍👩‍👧 emoji', '🎉', '\ud7ff\ufffd\u0000 control', 'snake_case_identifier', 'camelCaseIdentifier', 'similaritySearchWithScore(query, k = 4)',
    'HTMLElement getHTTPResponse XMLHttpRequest', 'JavaScript GitHub PostgreSQL YouTube', 'useEffect', 'IDs URLs APIs PhD McDonald', 'npm install --save-dev @types/node', 'git rebase --interactive HEAD~3',
    'import { readFile } from "node:fs/promises";', 'https://example.com/a/b?c=d&e=%20#top', 'v1.2.3-beta.4', '3.14159 1,000,000 0xDEADBEEF', 'How do I configure the JSON parser?',
    'What is machine learning?', 'kubernetes deployment with a config map', 'pneumonoultramicroscopicsilicovolcanoconiosis', 'x' * 101, 'x' * 100, 'before [SEP] within [MASK] word [CLS] [UNK] [PAD]', '##ing ##s # #',
    'title. ' + 'The quick brown fox jumps over the lazy dog near the river bank. ' * 40,
]


def replace(path, write):
    """No reader sees half a file."""
    write(path.with_suffix('.new'))
    path.with_suffix('.new').chmod(0o644)
    os.replace(path.with_suffix('.new'), path)


def export(folder, tokenizer, word_keys, pair_keys, levels, codes, dimensions, exponent):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        'rows': pack(levels), 'scales': codes.astype(np.uint8), 'dimension_scales': dimensions.astype(np.float32),
        'word_keys': word_keys.astype(np.uint32), 'pair_keys': pair_keys.astype(np.uint32),
    }
    replace(folder / 'model.safetensors', lambda path: save_file(tensors, path))
    config = {
        'model_type': 'static', 'hidden_size': DIMS, 'vocab_size': FIRST + VOCABULARY,
        'bitryoshka': {
            'kind': 'static', 'version': 1, 'dimensions': DIMS, 'prefixes': [256, 128, 64], 'maxTokens': 8192,
            'firstToken': FIRST, 'vocabularyRows': VOCABULARY, 'wordRows': len(word_keys), 'pairRows': len(pair_keys),
            'countExponent': exponent, 'levelOffset': 7.5, 'scaleBias': SCALE_BIAS, 'scaleSteps': SCALE_STEPS,
        },
    }
    replace(folder / 'config.json', lambda path: path.write_text(json.dumps(config, indent=2) + '\n'))
    tokens = json.loads(tokenizer.read_text('utf8')) | {'truncation': None, 'padding': None}
    replace(folder / 'tokenizer.json', lambda path: path.write_text(json.dumps(tokens, ensure_ascii=False, separators=(',', ':')), 'utf8'))
    model = StaticModel(folder)
    golden = [{'text': t, 'vector': [round(float(x), 7) for x in v]} for t, v in zip(ODD_TEXTS, model.embed(ODD_TEXTS))]
    replace(folder / 'golden.json', lambda path: path.write_text('[\n' + ',\n'.join(json.dumps(g) for g in golden) + '\n]\n'))
    return model


def export_checkpoint(checkpoint, work, folder, tokenizer, exponent):
    state, lists = torch.load(checkpoint), np.load(work / 'features.npz')
    rows = state['table'] / state['dimensions']
    codes, scales = scales_of(rows)
    export(folder, tokenizer, lists['word_keys'], lists['pair_keys'], levels_of(rows, scales).numpy().astype(np.uint8), codes.numpy(), state['dimensions'].numpy(), exponent)
