import { describe, expect, it } from 'vitest';
import { packSigns } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import { overlap } from '../evaluation/metrics/overlap.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { fitItq } from '../transforms/itq.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { decoderMap, decoderWeights } from './decoder-weights.ts';
import type { DecoderDescentOptions } from './descend-decoder.ts';
import { descendDecoder } from './descend-decoder.ts';
import { nearestDocuments } from './nearest-documents.ts';
import { nearestNeighbours } from './nearest-neighbours.ts';

const random = seededRandom(5);
const all = spreadVectors(1200, 32);
const [documents, queries] = [rowRange(all, 0, 1000), rowRange(all, 1000, 1200)];

describe('descendDecoder', () => {
  it('finds more neighbours of other vectors than least squares', async () => {
    const { restorer, signs } = await leastSquares();
    const before = await recall(restorer, signs);
    const moved = await descended(restorer, signs, documents, { seed: 1 });
    expect(await recall(moved, signs)).toBeGreaterThan(before + 0.003);
  });

  it('moves a copy of a map, the same way by seed', async () => {
    const { restorer, signs } = await leastSquares();
    const copy = structuredClone(restorer);
    const move = (seed: number) => descended(restorer, signs, documents, { seed });
    const moved = await move(1);
    expect(restorer).toEqual(copy);
    expect(await move(1)).toEqual(moved);
    expect(await move(2)).not.toEqual(moved);
  });

  it('bears one vector, and stops when aborted', async () => {
    const { restorer, signs } = await leastSquares();
    const one = await descended(restorer, rowRange(signs, 0, 1), rowRange(documents, 0, 1), {
      seed: 0,
    });
    expect((one.weights as Matrix).data.every(Number.isFinite)).toBe(true);
    const controller = new AbortController();
    const stopped = descended(restorer, signs, documents, {
      seed: 0,
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'decode' && controller.abort(new Error('stop')),
    });
    await expect(stopped).rejects.toThrow('stop');
  });
});

async function descended(
  start: AffineMap,
  signs: Matrix,
  vectors: Matrix,
  options: DecoderDescentOptions,
): Promise<AffineMap> {
  const decoder = decoderWeights(start);
  const neighbours = await nearestNeighbours(vectors, 32);
  await descendDecoder(decoder, signs, vectors, [{ vectors, neighbours }], options);
  return decoderMap(decoder);
}

async function leastSquares(): Promise<{ restorer: AffineMap; signs: Matrix }> {
  const encoder = await fitItq(documents, { outputDimensions: 16 });
  const signs = unpackSigns(packSigns(applyAffineMap(encoder, documents)));
  return { restorer: fitRidgeRegression(signs, documents), signs };
}

async function recall(decoder: AffineMap, signs: Matrix): Promise<number> {
  const decoded = normalizeRows(applyAffineMap(decoder, signs));
  const [found, expected] = await Promise.all(
    [decoded, documents].map((vectors) => nearestDocuments(queries, vectors, 10)),
  );
  let sum = 0;
  for (let i = 0; i < queries.rows; i++) {
    const ten = (rows: Uint32Array) => [...rows.subarray(10 * i, 10 * i + 10)];
    sum += overlap(ten(found), ten(expected));
  }
  return sum / queries.rows;
}

/** Around a few centres, the leading dimensions spreading most. */
function spreadVectors(rows: number, columns: number): Matrix {
  const centres = Float32Array.from({ length: 20 * columns }, () => gaussian(random));
  const data = new Float32Array(rows * columns);
  for (let p = 0; p < data.length; p++) {
    const [i, j] = [Math.floor(p / columns), p % columns];
    data[p] = (centres[(i % 20) * columns + j] + 0.7 * gaussian(random)) / Math.sqrt(1 + j / 4);
  }
  return normalizeRows({ rows, columns, data });
}
