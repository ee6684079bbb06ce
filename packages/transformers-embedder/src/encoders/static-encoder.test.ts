import { beforeAll, expect, test } from 'vitest';
import { bundledModel } from '../models/bundled-model.ts';
import type { LanguageModel } from '../models/language-model.ts';
import { loadModel } from '../models/load-model.ts';
import { isStaticModel, staticEncoder } from './static-encoder.ts';
import { transformerEncoder } from './transformer-encoder.ts';

let model: LanguageModel;

beforeAll(async () => {
  model = await loadModel(bundledModel, { quantized: true });
});

test('the sum of rows is what running the model gives, for any number of tokens', async () => {
  const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 100];
  const texts = lengths.map((length) =>
    Array.from({ length }, (_, i) => (i * 7919 + length * 104_729) % 30_522),
  );
  const rows = await (await staticEncoder(model)).encode(texts);
  const run = await transformerEncoder(model, 'mean').encode(texts);
  expect(rows.columns).toBe(256);
  rows.data.forEach((value, i) => {
    expect(value).toBeCloseTo(run.data[i], 5);
  });
});

test('a model is static when it says so and needs nothing but the tokens', () => {
  expect(isStaticModel(model)).toBe(true);
  expect(isStaticModel({ ...model, config: {} })).toBe(false);
  expect(isStaticModel({ ...model, inputNames: ['input_ids', 'attention_mask'] })).toBe(false);
});

test('a table that is smaller than the vocabulary is refused', async () => {
  const config = { ...model.config, vocab_size: 30_000 };
  await expect(staticEncoder({ ...model, config })).rejects.toMatchObject({ code: 'model-failed' });
});
