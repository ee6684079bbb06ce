import { expect, test } from 'vitest';
import type { LanguageModel, TokenBatch } from '../models/language-model.ts';
import { transformerEncoder } from './transformer-encoder.ts';

test('texts are padded to the longest one, and the padding is masked and not pooled', async () => {
  const batches: TokenBatch[] = [];
  const model = {
    tokenizer: { pad_token_id: 9 },
    run: async (batch: TokenBatch) => {
      batches.push(batch);
      // The "vector" of a token is its id.
      const { rows, positions, ids } = batch;
      return { rows, positions, columns: 1, data: Float32Array.from(ids, Number) };
    },
  } as unknown as LanguageModel;
  const pooled = await transformerEncoder(model, 'mean').encode([[1], [2, 3, 4]]);
  expect(batches).toEqual([
    {
      rows: 2,
      positions: 3,
      ids: BigInt64Array.of(1n, 9n, 9n, 2n, 3n, 4n),
      mask: BigInt64Array.of(1n, 0n, 0n, 1n, 1n, 1n),
    },
  ]);
  expect(pooled).toEqual({ rows: 2, columns: 1, data: Float32Array.of(1, 3) });
});
