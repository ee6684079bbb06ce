import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MatryoshkaEmbeddings } from '../embeddings/matryoshka-embeddings.ts';
import type { GivenFiles } from '../models/model-files.ts';

const folder = new URL('../../model/', import.meta.url);
const embeddings = new MatryoshkaEmbeddings();

interface Golden {
  readonly text: string;
  readonly vector: readonly number[];
}

const golden: Golden[] = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8'));

test('the bundled model gives the vectors of its trainer', async () => {
  const matrix = await embeddings.embedMatrix(
    golden.map(({ text }) => text),
    'document',
  );
  golden.forEach(({ text, vector }, i) => {
    const cosine = vector.reduce((sum, value, j) => sum + value * matrix.data[i * 256 + j], 0);
    expect(cosine, JSON.stringify(text)).toBeGreaterThan(0.99999);
  });
});

test('keeps within 9 MB', () => {
  const files = readdirSync(folder).filter((file) => /^(config|tokenizer|model)\./.test(file));
  const bytes = files.reduce((sum, file) => sum + statSync(new URL(file, folder)).size, 0);
  expect(files).toHaveLength(3);
  expect(bytes).toBeLessThanOrEqual(9_000_000);
});

test('puts like texts close together', async () => {
  const [car, vehicle, soup] = await embeddings.embedDocuments([
    'a fast car on the road',
    'quick vehicles driving along the highway',
    'a recipe for tomato soup with basil',
  ]);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, j) => sum + value * b[j], 0);
  expect(dot(car, vehicle)).toBeGreaterThan(dot(car, soup) + 0.2);
});

describe('files that do not fit are refused', () => {
  const read = (file: string) => readFileSync(new URL(file, folder));
  const config = JSON.parse(read('config.json').toString());
  const files = {
    'config.json': read('config.json'),
    'tokenizer.json': read('tokenizer.json'),
    'model.safetensors': read('model.safetensors'),
  };
  const withConfig = (more: object) =>
    JSON.stringify({ ...config, bitryoshka: { ...config.bitryoshka, ...more } });

  test.each<[string, GivenFiles, string, RegExp]>([
    [
      'of a later version',
      { ...files, 'config.json': withConfig({ version: 2 }) },
      'model-failed',
      /version 2.*expected 1/,
    ],
    [
      'of another vocabulary',
      { ...files, 'config.json': withConfig({ firstToken: 7 }) },
      'model-failed',
      /rows .* expected/,
    ],
    [
      'that end early',
      { ...files, 'model.safetensors': files['model.safetensors'].subarray(0, 5000) },
      'truncated-file',
      /got 5000 bytes/,
    ],
    [
      'without weights',
      { 'config.json': files['config.json'], 'tokenizer.json': files['tokenizer.json'] },
      'model-not-found',
      /has no model\.safetensors/,
    ],
    ...(['countExponent', 'scaleBias', 'scaleSteps', 'levelOffset', 'maxTokens'] as const).map(
      (name): [string, GivenFiles, string, RegExp] => [
        `with ${name} that is no number`,
        { ...files, 'config.json': withConfig({ [name]: 'x' }) },
        'model-failed',
        new RegExp(`says ${name} "x"`),
      ],
    ),
    [
      'with another tokenizer',
      { ...files, 'tokenizer.json': '{"model":{"type":"BPE","vocab":{"a":0}}}' },
      'model-failed',
      /tokenizer of type "BPE"/,
    ],
    [
      'with numbers of tokens that leave holes',
      { ...files, 'tokenizer.json': '{"model":{"type":"WordPiece","vocab":{"a":4000000000}}}' },
      'model-failed',
      /numbered from 0/,
    ],
    ['that are no JSON', { ...files, 'config.json': '{' }, 'model-failed', /config\.json/],
  ])('%s', async (_, model, code, message) => {
    await expect(new MatryoshkaEmbeddings({ model }).embedQuery('x')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
