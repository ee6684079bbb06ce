import type { Matrix } from '@bitryoshka/core';
import type { LanguageModel } from '../models/language-model.ts';
import type { Pooling } from './pooling.ts';
import { pool } from './pooling.ts';
import type { TokenEncoder } from './token-encoder.ts';

/** Runs the model on the whole batch, padded to its longest text, and pools. */
export function transformerEncoder(model: LanguageModel, pooling: Pooling): TokenEncoder {
  const padding = BigInt(model.tokenizer.pad_token_id ?? 0);
  return {
    async encode(texts): Promise<Matrix> {
      const rows = texts.length;
      const lengths = texts.map((ids) => ids.length);
      const positions = Math.max(...lengths);
      const ids = new BigInt64Array(rows * positions).fill(padding);
      const mask = new BigInt64Array(rows * positions);
      texts.forEach((tokens, i) => {
        tokens.forEach((id, j) => {
          ids[i * positions + j] = BigInt(id);
        });
        mask.fill(1n, i * positions, i * positions + tokens.length);
      });
      return pool(await model.run({ rows, positions, ids, mask }), lengths, pooling);
    },
  };
}
