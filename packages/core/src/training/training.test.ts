import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { Adam } from './adam.ts';
import { binarizers } from './binarizers.ts';
import { nearestNeighbours } from './exact-neighbours.ts';
import { drawSimilarityBatch } from './similarity-batches.ts';
import { similarityLoss } from './similarity-loss.ts';

const random = seededRandom(1);
const vectors = normalizeRows(randomMatrix(90, 12));

describe('drawSimilarityBatch', () => {
  it('gives distributions over documents that leave out the query itself', async () => {
    const neighbours = await nearestNeighbours(vectors, 7);
    const sizes = { queries: 10, documents: 40, neighbours: 3 };
    const batch = drawSimilarityBatch(vectors, { vectors, neighbours }, seededRandom(5), sizes);
    expect(batch.queries).toHaveLength(10);
    expect(new Set(batch.documents).size).toBe(batch.documents.length);
    batch.queries.forEach((query, i) => {
      const row = batch.target.data.subarray(
        i * batch.documents.length,
        (i + 1) * batch.documents.length,
      );
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      batch.documents.forEach((document, j) => {
        if (document === query) expect(row[j]).toBe(0);
        else expect(row[j]).toBeGreaterThan(0);
      });
    });
    expect(drawSimilarityBatch(vectors, { vectors, neighbours }, seededRandom(5), sizes)).toEqual(
      batch,
    );
  });
});

describe('similarityLoss', () => {
  const batch = drawSimilarityBatch(
    vectors,
    { vectors, neighbours: new Uint32Array(0) },
    seededRandom(2),
    {
      queries: 6,
      documents: 9,
      temperature: 0.3,
    },
  );
  const queries = randomMatrix(6, 5);
  const documents = randomMatrix(batch.documents.length, 5);

  it('has the gradients that finite differences of the relaxed function give', () => {
    const { queryGradient, documentGradient, scaleGradient } = lossAt(1);
    const step = 1e-2;
    for (const [real, gradient] of [
      [queries, queryGradient],
      [documents, documentGradient],
    ] as const) {
      for (let p = 0; p < real.data.length; p++) {
        const before = real.data[p];
        real.data[p] = before + step;
        const above = lossAt(1).loss;
        real.data[p] = before - step;
        const below = lossAt(1).loss;
        real.data[p] = before;
        expect(gradient.data[p]).toBeCloseTo((above - below) / (2 * step), 4);
      }
    }
    const slope = (lossAt(1 + step).loss - lossAt(1 - step).loss) / (2 * step);
    expect(scaleGradient).toBeCloseTo(slope, 4);
  });

  it('sees only bits when straight-through', () => {
    const loss = (scale: number) =>
      similarityLoss(batch, scaled(queries, scale), scaled(documents, scale), 1).loss;
    expect(loss(1)).toBe(loss(3));
  });

  function lossAt(logScale: number) {
    // At first the slope of tanh, whose slope is borrowed, is its own.
    const relaxed = (real: Matrix) => binarizers.sigmoid(real, 0, random);
    return similarityLoss(batch, queries, documents, logScale, relaxed);
  }
});

it('Adam finds the bottom of a bowl', () => {
  const parameters = Float32Array.of(3, -2);
  const adam = new Adam(parameters);
  for (let i = 0; i < 500; i++) {
    adam.step(Float32Array.of(2 * (parameters[0] - 1), 40 * (parameters[1] - 0.5)), 0.05);
  }
  expect(parameters[0]).toBeCloseTo(1, 2);
  expect(parameters[1]).toBeCloseTo(0.5, 2);
});

function randomMatrix(rows: number, columns: number): Matrix {
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => gaussian(random)),
  };
}

function scaled(matrix: Matrix, factor: number): Matrix {
  return { ...matrix, data: matrix.data.map((value) => value * factor) };
}
