import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import type { BinarizerName } from './binarizers.ts';
import { binarizers } from './binarizers.ts';
import type { LossWeights, TrainingBatch } from './code-loss.ts';
import { codeLoss, scoreNames } from './code-loss.ts';
import type { CodeModel } from './code-model.ts';
import { modelArrays, zeroModel } from './code-model.ts';
import { drawSimilarityBatch } from './similarity-batches.ts';

const dimensions = 5;
const bits = 6;
const prefixes = [3, bits];
const random = seededRandom(4);
const vectors = normalizeRows(randomMatrix(30, dimensions));
const similarities = drawSimilarityBatch(
  vectors,
  { vectors, neighbours: new Uint32Array(0) },
  seededRandom(2),
  {
    queries: 5,
    documents: 11,
    temperature: 0.3,
  },
);
const batch: TrainingBatch = {
  ...similarities,
  queryVectors: rows(similarities.queries),
  documentVectors: rows(similarities.documents),
};

const everyWeight: readonly LossWeights[] = [
  { symmetric: 1 },
  { asymmetric: 1 },
  { decoded: 1 },
  { cosine: 1 },
  { balance: 3 },
  { decorrelation: 3 },
  { symmetric: 0.5, asymmetric: 0.2, decoded: 1, balance: 0.1, decorrelation: 0.1 },
];

describe.each(['sigmoid', 'gumbel', 'none'] as const)('%s', (binarizer) => {
  it.each(everyWeight)('has the gradient that finite differences give: %o', (weights) => {
    expectGradient(modelWith(false), batch, weights, binarizer);
  });
});

it('has the gradient of a residual network', () => {
  expectGradient(modelWith(true), batch, { symmetric: 1, decoded: 1 }, 'sigmoid');
});

it('has the gradient by queries and decoders where the codes are given', () => {
  const data = Float32Array.from({ length: batch.documents.length * bits }, () =>
    random() > 0.5 ? 1 : -1,
  );
  const documentCodes = { rows: batch.documents.length, columns: bits, data };
  const weights = { symmetric: 1, asymmetric: 1, decoded: 1 };
  expectGradient(modelWith(false), { ...batch, documentCodes }, weights, 'sigmoid');
});

it('has the gradient of pairs, of which each query wants one document', () => {
  const target = { ...batch.target, data: batch.target.data.map(() => 0) };
  for (let i = 0; i < target.rows; i++) {
    const other = batch.documents.findIndex((document) => document !== batch.queries[i]);
    target.data[i * target.columns + other] = 1;
  }
  const weights = { symmetric: 0.3, decoded: 1 };
  expectGradient(modelWith(false), { ...batch, target }, weights, 'sigmoid');
});

it('has, straight-through, the loss of the bits and the slopes of tanh', () => {
  const real = randomMatrix(2, 8);
  const { bits: made, slopes } = binarizers.ste(real, 0.5, random);
  expect([...made.data]).toEqual([...real.data].map((value) => (value > 0 ? 1 : -1)));
  for (const [p, slope] of slopes.data.entries()) {
    expect(slope).toBeCloseTo(1 - Math.tanh(real.data[p]) ** 2, 5);
  }
  // Only signs count.
  const model = modelWith(false);
  const before = lossOf(model, batch, { symmetric: 1, decoded: 1 }, 'ste');
  for (const values of [model.encoder.weights.data, model.encoder.bias]) {
    for (let p = 0; p < values.length; p++) values[p] *= 3;
  }
  expect(lossOf(model, batch, { symmetric: 1, decoded: 1 }, 'ste')).toBe(before);
});

it('makes relaxed bits harder as training goes on', () => {
  const real = randomMatrix(1, 200);
  for (const name of ['sigmoid', 'gumbel'] as const) {
    const size = (progress: number) =>
      binarizers[name](real, progress, seededRandom(1)).bits.data.reduce(
        (sum, bit) => sum + Math.abs(bit),
        0,
      ) / 200;
    expect(size(1)).toBeGreaterThan(size(0) + 0.1);
  }
});

/** Compares the gradient with central differences, in every parameter that the loss depends on. */
function expectGradient(
  model: CodeModel,
  training: TrainingBatch,
  weights: LossWeights,
  binarizer: BinarizerName,
): void {
  const gradient = zeroModel(model);
  lossOf(model, training, weights, binarizer, gradient);
  const parameters = allArrays(model);
  const gradients = allArrays(gradient);
  const step = 4e-3;
  let moved = 0;
  for (const [i, values] of parameters.entries()) {
    for (let p = 0; p < values.length; p++) {
      const before = values[p];
      values[p] = before + step;
      const above = lossOf(model, training, weights, binarizer);
      values[p] = before - step;
      const below = lossOf(model, training, weights, binarizer);
      values[p] = before;
      const expected = (above - below) / (2 * step);
      if (Math.abs(expected) > 1e-3) moved++;
      expect(Math.abs(gradients[i][p] - expected)).toBeLessThan(2e-3 + 0.02 * Math.abs(expected));
    }
  }
  expect(moved).toBeGreaterThan(5);
}

function lossOf(
  model: CodeModel,
  training: TrainingBatch,
  weights: LossWeights,
  binarizer: BinarizerName,
  into = zeroModel(model),
): number {
  return codeLoss(
    model,
    training,
    // The same noise every time.
    { weights, prefixes, binarizer: binarizers[binarizer], progress: 0.4, random: seededRandom(6) },
    into,
  );
}

function allArrays(model: CodeModel): Float32Array[] {
  const { encoder, decoders } = modelArrays(model);
  return [...encoder, ...decoders];
}

function modelWith(hidden: boolean): CodeModel {
  const width = 4;
  return {
    encoder: {
      weights: randomMatrix(dimensions, bits),
      bias: randomMatrix(1, bits).data,
      hidden: hidden
        ? {
            weights: randomMatrix(dimensions, width),
            // Far from where the units turn on or off.
            bias: Float32Array.of(4, -4, 5, 4),
            outputs: randomMatrix(width, bits),
          }
        : undefined,
    },
    decoders: prefixes.map((prefix) => ({
      bitVectors: randomMatrix(prefix, dimensions),
      bias: randomMatrix(1, dimensions).data,
    })),
    logScales: new Float32Array(prefixes.length * scoreNames.length).fill(0.5),
  };
}

function randomMatrix(count: number, columns: number): Matrix {
  const data = Float32Array.from({ length: count * columns }, () => 0.6 * gaussian(random));
  return { rows: count, columns, data };
}

function rows(chosen: Uint32Array): Matrix {
  const data = new Float32Array(chosen.length * dimensions);
  for (const [i, row] of chosen.entries()) {
    data.set(vectors.data.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  return { rows: chosen.length, columns: dimensions, data };
}
