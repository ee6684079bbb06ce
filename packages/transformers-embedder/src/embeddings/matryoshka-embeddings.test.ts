import { readFileSync } from 'node:fs';
import type { AffineMap, Progress } from '@bitryoshka/core';
import { fitQuantizer, row } from '@bitryoshka/core';
import { Embeddings } from '@langchain/core/embeddings';
import { afterEach, describe, expect, test, vi } from 'vitest';
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

afterEach(() => {
  vi.restoreAllMocks();
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

  test('of more texts than are sorted together are those of each', async () => {
    const many = Array.from({ length: 9000 }, (_, i) => `${'river '.repeat(i % 5)}word${i}`);
    const matrix = await embeddings.embedMatrix(many, 'document');
    for (const i of [0, 4095, 4096, 8191, 8192, 8999]) {
      expect(Array.from(row(matrix, i))).toEqual(await embeddings.embedQuery(many[i]));
    }
  });

  test('of calls that come together are those of each alone', async () => {
    const together = await Promise.all(texts.map((text) => embeddings.embedQuery(text)));
    expect(together).toEqual(await embeddings.embedDocuments(texts));
  });

  test('of a query do not wait for all of many documents', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => `the river bank ${i}`);
    let done = 0;
    const documents = embeddings.embedDocuments(many, {
      onProgress: (progress) => {
        done = progress.done;
      },
    });
    await embeddings.embedQuery('river');
    expect(done).toBeLessThan(many.length);
    expect(await documents).toHaveLength(many.length);
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

  test('dimensions that the model was not trained for warn once', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    for (const dimensions of [256, 128, 64]) {
      await new MatryoshkaEmbeddings({ dimensions, onWarning }).embedQuery('x');
    }
    expect(warnings).toEqual([]);
    const odd = new MatryoshkaEmbeddings({ dimensions: 100, onWarning });
    await odd.embedDocuments(texts);
    await odd.embedQuery('x');
    expect(warnings).toEqual([
      expect.stringMatching(/^dimensions: .*cut to 100 \(only to 128, 64\)/),
    ]);
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
      expect(value).toBeCloseTo((raw[j] - mean) / Math.sqrt(variance + 1e-5), 3);
    });
  });

  test('an adapter maps vectors before they are cut', async () => {
    const whole = await embeddings.embedQuery('the river bank');
    // Dimensions in the opposite order.
    const weights = new Float32Array(256 * 256);
    for (let i = 0; i < 256; i++) weights[i * 256 + 255 - i] = 1;
    const adapter: AffineMap = {
      weights: { rows: 256, columns: 256, data: weights },
      bias: new Float32Array(256),
      inputDimensions: 256,
    };
    const adapted = new MatryoshkaEmbeddings({ adapter, dimensions: 3 });
    const got = await adapted.embedQuery('the river bank');
    expect(cosine(got, [whole[255], whole[254], whole[253]])).toBeCloseTo(1, 6);
    expect(await adapted.fingerprint()).not.toBe(
      await new MatryoshkaEmbeddings({ dimensions: 3 }).fingerprint(),
    );
  });

  test('normalize: false keeps the length', async () => {
    const raw = await new MatryoshkaEmbeddings({ normalize: false }).embedQuery('the river bank');
    expect(Math.abs(norm(raw) - 1)).toBeGreaterThan(0.1);
    expect(cosine(raw, await embeddings.embedQuery('the river bank'))).toBeCloseTo(1, 6);
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

  test('maxTokens cuts the text', async () => {
    const cut = new MatryoshkaEmbeddings({ maxTokens: 2 });
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
    [Array.from({ length: 2 }), 'texts[0]: got undefined, expected a string.'],
    ['text', 'texts: got string, expected a list of strings.'],
  ])('the texts %j are refused', async (wrong, message) => {
    await expect(embeddings.embedDocuments(wrong as string[])).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(message),
    });
  });

  test.each(['passage', undefined, 'toString'])('the side %s is refused', async (side) => {
    await expect(embeddings.embedMatrix(['a'], side as 'query')).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('side: got'),
    });
  });

  test('a list that is changed meanwhile is embedded as it was', async () => {
    const list = [...texts];
    const embedded = embeddings.embedDocuments(list);
    list.length = 3;
    list[0] = null as never;
    expect(await embedded).toEqual(await embeddings.embedDocuments(texts));
  });

  test.each([
    ['many combining marks', `a${'\u0301\u0323'.repeat(100_000)}`],
    ['many humps', 'aB'.repeat(500_000)],
    ['no white space', 'hello\u00a0'.repeat(200_000)],
    ['Chinese', '中'.repeat(500_000)],
  ])('a text of %s is read in time', async (_, text) => {
    const start = performance.now();
    expect(norm(await embeddings.embedQuery(text))).toBeCloseTo(1, 5);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('a query that is no string is refused', async () => {
    await expect(embeddings.embedQuery(7 as unknown as string)).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });
});

describe('coverage', () => {
  test('counts tokens that the model does not know', async () => {
    const { tokens, unknown: none, share } = await embeddings.coverage(['the river bank', '']);
    expect([tokens, none, share]).toEqual([3, 0, 1]);
    const mixed = await embeddings.coverage(['river', '\u{20000} \u{20001}']);
    expect(mixed).toEqual({ tokens: 3, unknown: 2, share: 1 / 3 });
    expect(await embeddings.coverage([])).toEqual({ tokens: 0, unknown: 0, share: 1 });
  });

  test('counts letters of another script, which are all that the vocabulary has of it', async () => {
    for (const text of [
      'Как перезапустить роутер?',
      '今日はとても天気がいいです',
      'αυτό είναι ένα κείμενο',
    ]) {
      expect((await embeddings.coverage([text])).share).toBeLessThan(0.4);
    }
    expect((await embeddings.coverage(['Der Straßenbahn fährt naïve Élèves'])).share).toBe(1);
    expect((await embeddings.coverage(['x = y + 2;'])).share).toBe(1);
  });

  test('of less than half of a batch warns once, with the count', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fresh = new MatryoshkaEmbeddings();
    await fresh.embedDocuments(['the river bank']);
    expect(warn).not.toHaveBeenCalled();
    await fresh.embedDocuments(['\u{20000} \u{20001} \u{20002} a']);
    await fresh.embedDocuments(['\u{20000} \u{20001} \u{20002}']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('3 of 4 tokens are unknown'));
  });
});

describe('binary', () => {
  test('codes are those of the quantizer, for either side', async () => {
    const vectors = await embeddings.embedMatrix(texts, 'document');
    const quantizer = await fitQuantizer(vectors, { kind: 'median', bits: 16 });
    expect(await embeddings.embedBinary(texts, { quantizer })).toEqual(
      quantizer.encode(vectors, 'document'),
    );
    const asked = await embeddings.embedMatrix(['river'], 'query');
    expect(await embeddings.embedBinary(['river'], { quantizer, side: 'query' })).toEqual(
      quantizer.encode(asked, 'query'),
    );
    expect(await embeddings.embedBinary([], { quantizer })).toMatchObject({ rows: 0 });
  });

  test('a quantizer beside the model is found', async () => {
    const vectors = await embeddings.embedMatrix(texts, 'document');
    const quantizer = await fitQuantizer(vectors, { kind: 'median', bits: 8 });
    const model = { ...bundledFolder(), 'quantizer.safetensors': quantizer.save() };
    const given = new MatryoshkaEmbeddings({ model });
    expect(await given.embedBinary(texts)).toEqual(quantizer.encode(vectors, 'document'));
    const { bits, rows } = await embeddings.embedBinary(texts);
    expect([bits, rows]).toEqual([256, texts.length]);
    const bare = new MatryoshkaEmbeddings({ model: bundledFolder() });
    expect(await bare.quantizer()).toBeUndefined();
    await expect(bare.embedBinary(texts)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('quantizer: got none'),
    });
  });
});

describe('a fingerprint', () => {
  test('is the same for the same vectors, wherever the files are', async () => {
    const print = await embeddings.fingerprint();
    expect(print).toMatch(/^[0-9a-f]{32}$/);
    const same = [
      new MatryoshkaEmbeddings({ batchSize: 3, onProgress: () => {} }),
      new MatryoshkaEmbeddings({ model: bundledFolder() }),
      new MatryoshkaEmbeddings({ normalize: true, queryPrefix: '', dimensions: 256 }),
    ];
    for (const other of same) expect(await other.fingerprint()).toBe(print);
  });

  test('tells files and options apart', async () => {
    const { 'model.safetensors': weights, ...rest } = bundledFolder();
    const changed = Uint8Array.from(weights);
    changed[changed.length - 1] ^= 1;
    const others = [
      new MatryoshkaEmbeddings({ dimensions: 128 }),
      new MatryoshkaEmbeddings({ normalize: false }),
      new MatryoshkaEmbeddings({ layerNorm: true }),
      new MatryoshkaEmbeddings({ queryPrefix: 'a' }),
      new MatryoshkaEmbeddings({ documentPrefix: 'a' }),
      new MatryoshkaEmbeddings({ maxTokens: 100 }),
      new MatryoshkaEmbeddings({ model: { ...rest, 'model.safetensors': changed } }),
    ];
    const prints = await Promise.all(others.map((other) => other.fingerprint()));
    expect(new Set([await embeddings.fingerprint(), ...prints]).size).toBe(others.length + 1);
  });
});

describe('progress', () => {
  test('counts files while loading and texts after every batch', async () => {
    const seen: Progress[] = [];
    const counted = new MatryoshkaEmbeddings({ onProgress: (progress) => seen.push(progress) });
    await counted.embedDocuments(texts);
    expect(seen.filter(({ stage }) => stage === 'load').at(-1)).toMatchObject({
      done: 3,
      total: 3,
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

  test('a callback that throws fails its own call alone', async () => {
    const reason = new Error('not today');
    const failing = embeddings.embedDocuments(texts, {
      onProgress: () => {
        throw reason;
      },
    });
    const next = embeddings.embedQuery('river');
    await expect(failing).rejects.toBe(reason);
    expect(await next).toHaveLength(256);
  });
});

describe('loading', () => {
  function loads(seen: readonly Progress[]): number {
    return seen.filter(({ stage, done }) => stage === 'load' && done === 3).length;
  }

  test('happens once for calls that come together', async () => {
    const seen: Progress[] = [];
    const shared = new MatryoshkaEmbeddings({ onProgress: (progress) => seen.push(progress) });
    const vectors = await Promise.all(['river', 'river'].map((text) => shared.embedQuery(text)));
    expect(vectors[0]).toEqual(vectors[1]);
    expect(loads(seen)).toBe(1);
  });

  test('that never ends is left by an abort, and does not hold dispose', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const fetch = vi.spyOn(globalThis, 'fetch').mockReturnValue(new Promise(() => {}));
    const stalled = new MatryoshkaEmbeddings({ model: 'http://127.0.0.1:9/stalled' });
    const call = stalled.embedQuery('x', { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await stalled.dispose();
    fetch.mockRestore();
  });

  test('is tried again after it has failed', async () => {
    const model: Record<string, string | Uint8Array> = { ...bundledFolder() };
    const { 'tokenizer.json': tokenizer } = model;
    delete model['tokenizer.json'];
    const late = new MatryoshkaEmbeddings({ model });
    await expect(late.embedQuery('river')).rejects.toMatchObject({ code: 'model-not-found' });
    model['tokenizer.json'] = tokenizer;
    expect(await late.embedQuery('river')).toEqual(await embeddings.embedQuery('river'));
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

  test('dispose waits for what is running', async () => {
    const busy = new MatryoshkaEmbeddings();
    const running = busy.embedDocuments(texts);
    await busy.dispose();
    expect(await running).toHaveLength(texts.length);
  });

  test('of a failing model can be disposed of', async () => {
    const broken = new MatryoshkaEmbeddings({ model: './no-such-model' });
    const failed = broken.embedQuery('x');
    failed.catch(() => undefined);
    await expect(broken.dispose()).resolves.toBeUndefined();
    await expect(failed).rejects.toMatchObject({ code: 'model-not-found' });
  });
});

/** The files of the bundled model as they are in the repository. */
function bundledFolder(): Record<
  'config.json' | 'tokenizer.json' | 'model.safetensors',
  Uint8Array
> {
  const read = (file: string) => readFileSync(new URL(`../../model/${file}`, import.meta.url));
  return {
    'config.json': read('config.json'),
    'tokenizer.json': read('tokenizer.json'),
    'model.safetensors': read('model.safetensors'),
  };
}
