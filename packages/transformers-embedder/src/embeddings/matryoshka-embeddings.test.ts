import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Progress } from '@bitryoshka/core';
import { row } from '@bitryoshka/core';
import { Embeddings } from '@langchain/core/embeddings';
import { env, pipeline } from '@xenova/transformers';
import { describe, expect, test } from 'vitest';
import { bundledModel } from '../models/bundled-model.ts';
import { MatryoshkaEmbeddings } from './matryoshka-embeddings.ts';

const embeddings = new MatryoshkaEmbeddings();

// Lengths in no order, so that sorting by length must be undone.
const texts = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 1 + ((i * 17) % 23) }, (_word, j) => `word${i}x${j} river`).join(' '),
);

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let j = 0; j < a.length; j++) {
    ab += a[j] * b[j];
    aa += a[j] * a[j];
    bb += b[j] * b[j];
  }
  return ab / Math.sqrt(aa * bb);
}

function norm(vector: ArrayLike<number>): number {
  return Math.hypot(...Array.from(vector));
}

describe('the bundled model', () => {
  test('puts like texts close together', async () => {
    const [car, vehicle, soup] = await embeddings.embedDocuments([
      'a fast car on the road',
      'quick vehicles driving along the highway',
      'a recipe for tomato soup with basil',
    ]);
    expect(cosine(car, vehicle)).toBeGreaterThan(cosine(car, soup) + 0.2);
  });

  test('gives the vectors of the ordinary pipeline', async () => {
    const { localModelPath } = env;
    env.localModelPath = `${dirname(bundledModel)}/`;
    const pipe = await pipeline('feature-extraction', basename(bundledModel));
    env.localModelPath = localModelPath;
    const matrix = await embeddings.embedMatrix(texts, 'document');
    const { data } = await pipe(texts, { pooling: 'mean', normalize: true });
    for (let i = 0; i < texts.length; i++) {
      const expected = data.slice(i * 256, (i + 1) * 256) as Float32Array;
      expect(cosine(row(matrix, i), expected)).toBeGreaterThan(0.99999);
    }
  });

  test('keeps within 9 MB', () => {
    const bytes = readdirSync(bundledModel, { recursive: true })
      .map((file) => statSync(join(bundledModel, String(file))))
      .filter((file) => file.isFile())
      .reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(9_000_000);
  });
});

describe('vectors', () => {
  test('are plain lists of numbers of unit length, and the rows of the matrix', async () => {
    const vectors = await embeddings.embedDocuments(texts);
    const matrix = await embeddings.embedMatrix(texts, 'document');
    expect(matrix).toMatchObject({ rows: 40, columns: 256 });
    vectors.forEach((vector, i) => {
      expect(Array.isArray(vector)).toBe(true);
      expect(norm(vector)).toBeCloseTo(1, 5);
      expect(vector).toEqual(Array.from(row(matrix, i)));
    });
    expect(embeddings).toBeInstanceOf(Embeddings);
  });

  test('come in the order of the texts, whatever the batches', async () => {
    const batched = await new MatryoshkaEmbeddings({ batchSize: 7 }).embedDocuments(texts);
    expect(batched).toHaveLength(texts.length);
    for (const [i, text] of texts.entries()) {
      expect(await embeddings.embedQuery(text)).toEqual(batched[i]);
    }
  });

  test('of an empty text exist, and change nothing beside it', async () => {
    const [empty, alone] = await embeddings.embedDocuments(['', 'river']);
    expect(norm(empty)).toBeCloseTo(1, 5);
    expect(alone).toEqual(await embeddings.embedQuery('river'));
    expect(cosine(alone, empty)).toBeLessThan(0.9);
  });

  test('of no texts are none, without a model', async () => {
    const broken = new MatryoshkaEmbeddings({ model: './no-such-model' });
    expect(await broken.embedDocuments([])).toEqual([]);
    expect(await broken.embedMatrix([], 'query')).toMatchObject({ rows: 0, columns: 0 });
  });
});

describe('options', () => {
  test('dimensions keep the leading ones, scaled to unit length', async () => {
    const whole = await embeddings.embedQuery('the river bank');
    const short = await new MatryoshkaEmbeddings({ dimensions: 64 }).embedQuery('the river bank');
    expect(short).toHaveLength(64);
    expect(norm(short)).toBeCloseTo(1, 5);
    expect(cosine(short, whole.slice(0, 64))).toBeCloseTo(1, 6);
  });

  test('more dimensions than the model has are refused', async () => {
    await expect(
      new MatryoshkaEmbeddings({ dimensions: 257 }).embedQuery('x'),
    ).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringContaining('256') });
  });

  test('layerNorm standardises the whole vector before it is cut', async () => {
    const options = { normalize: false, dimensions: 64 };
    const raw = await new MatryoshkaEmbeddings({ normalize: false }).embedQuery('the river bank');
    const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
    const variance = raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / raw.length;
    const layered = await new MatryoshkaEmbeddings({ ...options, layerNorm: true }).embedQuery(
      'the river bank',
    );
    expect(layered).toHaveLength(64);
    layered.forEach((value, j) => {
      expect(value).toBeCloseTo((raw[j] - mean) / Math.sqrt(variance + 1e-5), 4);
    });
  });

  test('normalize: false keeps the length', async () => {
    const raw = await new MatryoshkaEmbeddings({ normalize: false }).embedQuery('the river bank');
    expect(Math.abs(norm(raw) - 1)).toBeGreaterThan(0.1);
    expect(cosine(raw, await embeddings.embedQuery('the river bank'))).toBeCloseTo(1, 6);
  });

  test('pooling takes the first token, the last one or their mean', async () => {
    const first = new MatryoshkaEmbeddings({ pooling: 'cls' });
    const last = new MatryoshkaEmbeddings({ pooling: 'last-token' });
    // In a static model the first and the last token are [CLS] and [SEP] in every text.
    const [a, b] = await first.embedDocuments(['river', 'a long walk by the sea']);
    const [c, d] = await last.embedDocuments(['river', 'a long walk by the sea']);
    expect(a).toEqual(b);
    expect(c).toEqual(d);
    expect(cosine(a, c)).toBeLessThan(0.99);
    expect(cosine(a, await embeddings.embedQuery('river'))).toBeLessThan(0.9);
  });

  test('prefixes go before the texts of their side', async () => {
    const prefixed = new MatryoshkaEmbeddings({ queryPrefix: 'find: ', documentPrefix: 'page: ' });
    expect(await prefixed.embedQuery('river')).toEqual(await embeddings.embedQuery('find: river'));
    expect(await prefixed.embedDocuments(['river'])).toEqual([
      await embeddings.embedQuery('page: river'),
    ]);
    const { data } = await prefixed.embedMatrix(['river'], 'query');
    expect(Array.from(data)).toEqual(await prefixed.embedQuery('river'));
  });

  test('maxTokens cuts the text, special tokens counted', async () => {
    const cut = new MatryoshkaEmbeddings({ maxTokens: 4 });
    expect(await cut.embedQuery('river bank money')).toEqual(
      await embeddings.embedQuery('river bank'),
    );
    await expect(
      new MatryoshkaEmbeddings({ maxTokens: 8193 }).embedQuery('x'),
    ).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringContaining('8192') });
  });

  test.each([
    [[['nested']], 'texts[0]: got object, expected a string.'],
    [['fine', null], 'texts[1]: got null, expected a string.'],
    [[undefined], 'texts[0]: got undefined, expected a string.'],
    ['text', 'texts: got string, expected a list of strings.'],
  ])('the texts %j are refused', async (wrong, message) => {
    await expect(embeddings.embedDocuments(wrong as string[])).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(message),
    });
  });

  test('a query that is no string is refused', async () => {
    await expect(embeddings.embedQuery(7 as unknown as string)).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });
});

describe('progress', () => {
  test('counts files while loading and texts after every batch', async () => {
    const seen: Progress[] = [];
    const counted = new MatryoshkaEmbeddings({ onProgress: (progress) => seen.push(progress) });
    await counted.embedDocuments(texts);
    expect(seen.filter(({ stage }) => stage === 'load').at(-1)).toMatchObject({
      done: 4,
      total: 4,
    });
    expect(seen.filter(({ stage }) => stage === 'embed')).toEqual([
      { stage: 'embed', done: 16, total: 40 },
      { stage: 'embed', done: 32, total: 40 },
      { stage: 'embed', done: 40, total: 40 },
    ]);
    const ofCall: Progress[] = [];
    const before = seen.length;
    await counted.embedQuery('x', { onProgress: (progress) => ofCall.push(progress) });
    expect(ofCall).toEqual([{ stage: 'embed', done: 1, total: 1 }]);
    expect(seen).toHaveLength(before);
  });

  test('aborting stops before the next batch, with the reason of the signal', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const reason = new Error('enough');
    await embeddings.embedQuery('loads the model');
    const aborted = embeddings.embedDocuments(texts, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        controller.abort(reason);
      },
    });
    await expect(aborted).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test('a timer can abort: batches leave the thread free in between', async () => {
    await embeddings.embedQuery('loads the model');
    const many = Array.from({ length: 200_000 }, () => 'river');
    await expect(
      embeddings.embedDocuments(many, { signal: AbortSignal.timeout(5) }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('an aborted signal starts nothing', async () => {
    const broken = new MatryoshkaEmbeddings({ model: './no-such-model' });
    await expect(
      broken.embedDocuments(['x'], { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('loading', () => {
  function loads(seen: readonly Progress[]): number {
    return seen.filter(({ stage, done }) => stage === 'load' && done === 4).length;
  }

  test('happens once for calls that come together', async () => {
    const seen: Progress[] = [];
    const shared = new MatryoshkaEmbeddings({ onProgress: (progress) => seen.push(progress) });
    const vectors = await Promise.all(['river', 'river'].map((text) => shared.embedQuery(text)));
    expect(vectors[0]).toEqual(vectors[1]);
    expect(loads(seen)).toBe(1);
  });

  test('is tried again after it has failed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-retry-'));
    try {
      const model = join(folder, 'model');
      const late = new MatryoshkaEmbeddings({ model });
      await expect(late.embedQuery('river')).rejects.toMatchObject({ code: 'model-not-found' });
      cpSync(bundledModel, model, { recursive: true });
      expect(await late.embedQuery('river')).toEqual(await embeddings.embedQuery('river'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('happens again after dispose', async () => {
    const seen: Progress[] = [];
    const again = new MatryoshkaEmbeddings({ onProgress: (progress) => seen.push(progress) });
    await again.dispose();
    const before = await again.embedQuery('river');
    await again.dispose();
    expect(await again.embedQuery('river')).toEqual(before);
    expect(loads(seen)).toBe(2);
  });

  test('of a failing model can be disposed of', async () => {
    const broken = new MatryoshkaEmbeddings({ model: './no-such-model' });
    const failed = broken.embedQuery('x');
    await expect(broken.dispose()).resolves.toBeUndefined();
    await expect(failed).rejects.toMatchObject({ code: 'model-not-found' });
  });

  test('reads the model that comes with the package', () => {
    expect(existsSync(join(bundledModel, 'README.md'))).toBe(true);
  });
});
