import { describe, expect, it } from 'vitest';
import type { FitOptions } from '../quantizers/fit.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { CodeTrainingOptions } from '../quantizers/learned/training-options.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { rowRange, toMatrix } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { fitQuantizerInThread } from './fit-quantizer-in-thread.ts';

const random = seededRandom(8);
const vectors = Array.from({ length: 900 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const matrix = toMatrix(vectors);
const shared = {
  ...matrix,
  data: new Float32Array(new SharedArrayBuffer(matrix.data.byteLength)).fill(0),
};
shared.data.set(matrix.data);

async function expectSame(given: Vectors, options: FitOptions): Promise<void> {
  const fitted = await fitQuantizerInThread(given, options);
  expect(fitted.save()).toEqual((await fitQuantizer(vectors, options)).save());
}

async function* blocks(rows: number) {
  for (let start = 0; start < matrix.rows; start += rows) {
    yield rowRange(matrix, start, Math.min(matrix.rows, start + rows));
  }
}

describe('fitQuantizerInThread', () => {
  it.each([
    { kind: 'sign', bits: 24 },
    { kind: 'median', bits: 16, decoder: false },
    { kind: 'learned-per-side', bits: 16, queries: vectors.slice(0, 90) },
    { kind: 'random', bits: 64, seed: 5 },
    { kind: 'itq', bits: 16, nested: [8] },
    { kind: 'autoencoder', bits: 16 },
    { kind: 'residual', bits: 32, firstBits: 16 },
    { kind: 'planned', bits: 16 },
    { kind: 'thermometer', bits: 16 },
    { kind: 'head', bits: 16, head: { steps: 20, architecture: 'mlp' } },
  ] as FitOptions[])('fits what fitQuantizer fits: $kind', (options) =>
    expectSame(vectors, options),
  );

  it.each([100, 899, 900, Infinity])('learns from the same sample of %s', async (sampleSize) => {
    const options: FitOptions = { kind: 'pca', bits: 16, sampleSize, seed: 3 };
    await expectSame(vectors, options);
    await expectSame(matrix, options);
    await expectSame(shared, options);
    for (const rows of [1000, 70]) {
      const fitted = await fitQuantizerInThread(blocks(rows), options);
      expect(fitted.save()).toEqual((await fitQuantizer(blocks(rows), options)).save());
    }
  });

  it('trains codes further, with pairs, and hands checkpoints on', async () => {
    const { from, checkpoints } = { from: await trained({}), checkpoints: [] as Uint8Array[] };
    const pairs = { queries: vectors.slice(0, 50), documents: vectors.slice(50, 100) };
    const onCheckpoint = (bytes: Uint8Array) => checkpoints.push(bytes);
    const train = { steps: 20, from, pairs, onCheckpoint };
    const further = await trained(train);
    expect(checkpoints.length).toBeGreaterThan(0);
    const here = await fitQuantizer(vectors, { kind: 'head', bits: 16, learned: { train } });
    expect(further.save()).toEqual(here.save());
  });

  it('refuses what fitQuantizer refuses, in the same words', async () => {
    const options: FitOptions = { kind: 'itq', bits: 16 };
    const withRow = (i: number, row: unknown) => vectors.with(i, row as number[]);
    const refused: [Vectors, FitOptions][] = [
      [vectors, { ...options, kind: 'none' as 'itq' }],
      [vectors, { ...options, bits: 25 }],
      [vectors, { ...options, residual: { firstBits: 8 } }],
      [vectors, { kind: 'learned', bits: 16, learned: { train: null as unknown as true } }],
      [vectors, { ...options, sampleSize: 0 }],
      [vectors, { ...options, queries: [[1]] }],
      [vectors, { ...options, queries: [] }],
      [[], options],
      [withRow(700, [1]), options],
      [withRow(700, vectors[0].with(3, NaN)), options],
      [withRow(700, vectors[0].map(String)), options],
      [{ ...matrix, rows: 899 }, options],
      [{ ...matrix, data: matrix.data.with(24 * 800 + 3, NaN) }, options],
      ['vectors' as unknown as Vectors, options],
      [null as unknown as Vectors, options],
    ];
    for (const [given, wrong] of refused) {
      const expected: Error = await fitQuantizer(given, wrong).then(
        () => expect.fail(),
        (e) => e,
      );
      const error: Error = await fitQuantizerInThread(given, wrong).then(
        () => expect.fail(),
        (e) => e,
      );
      const { message, code } = expected as Error & { code: string };
      expect(error).toMatchObject({ message, code });
    }
  });

  it('stops when it is told to: before, while vectors are copied, while it fits', async () => {
    const reason = new Error('enough');
    const head: FitOptions = { kind: 'head', bits: 16, learned: { train: { steps: 1e6 } } };
    const before = fitQuantizerInThread(vectors, { ...head, signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);
    for (const stage of ['sample', 'train']) {
      const controller = new AbortController();
      const onProgress = (progress: { stage: string }) => {
        if (progress.stage === stage) controller.abort(reason);
      };
      const fit = fitQuantizerInThread(vectors, { ...head, signal: controller.signal, onProgress });
      await expect(fit).rejects.toBe(reason);
    }
  });
});

function trained(options: CodeTrainingOptions) {
  const learned = { train: { steps: 20, ...options } };
  return fitQuantizerInThread(vectors, { kind: 'head', bits: 16, learned });
}
