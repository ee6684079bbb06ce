"""Vectors of the teacher, all-MiniLM-L6-v2 (int8 ONNX): mean pooling, 256 tokens, unit length, float16.

Texts go in chunks, each a file, so that a killed run continues with the next chunk.
"""
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

CHUNK, BATCH = 4096, 16


class Teacher:
    def __init__(self, folder):
        folder = Path(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(str(folder / 'onnx/model_quantized.onnx'), options, providers=['CPUExecutionProvider'])

    def embed_ids(self, lists):
        out = np.zeros((len(lists), 384), np.float32)
        order = sorted(range(len(lists)), key=lambda i: len(lists[i]))  # equal lengths together: little padding
        for start in range(0, len(order), BATCH):
            rows = order[start:start + BATCH]
            ids = np.zeros((len(rows), max(len(lists[i]) for i in rows)), np.int64)
            mask = np.zeros_like(ids)
            for r, i in enumerate(rows):
                ids[r, :len(lists[i])] = lists[i]
                mask[r, :len(lists[i])] = 1
            hidden = self.session.run(None, {'input_ids': ids, 'attention_mask': mask, 'token_type_ids': np.zeros_like(ids)})[0]
            out[rows] = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def embed(self, texts):
        return self.embed_ids([e.ids for e in self.tokenizer.encode_batch(texts)])


def cached(teacher, texts, folder, log=print):
    """The vectors of `texts`, in order; computes only the chunks that `folder` lacks."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, start in enumerate(range(0, len(texts), CHUNK)):
        path = folder / f'{number:04d}.npy'
        if not path.exists():
            vectors = teacher.embed(texts[start:start + CHUNK]).astype(np.float16)
            with open(path.with_suffix('.tmp'), 'wb') as file:
                np.save(file, vectors)
            os.replace(path.with_suffix('.tmp'), path)
            log(f'{folder.name}: {start + len(vectors)} of {len(texts)}')
        parts.append(np.load(path))
    return np.concatenate(parts)
