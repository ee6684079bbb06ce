import { describe, expect, it } from 'vitest';
import { packSigns } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import { atOnce } from '../progress/steps.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { fitItq } from '../transforms/itq.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { decoderMap, decoderWeights } from './code-model.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { DecoderDescentOptions } from './descend-decoder.ts';
import { descendDecoder } from './descend-decoder.ts';
import { nearestNeighbours } from './exact-neighbours.ts';
import { nobody, queryAskers, softmaxRows } from './similarity-batches.ts';

const random = seededRandom(5);
const all = spreadVectors(1200, 32);
const [documents, queries] = [rowRange(all, 0, 1000), rowRange(all, 1000, 1200)];

describe('descendDecoder', () => {
  it('brings the order for other vectors nearer to that of the floats', async () => {
    const { reconstruction, signs } = await leastSquares();
    const moved = await descended(reconstruction, signs, documents, { seed: 1 });
    expect(divergence(moved, signs)).toBeLessThan(0.95 * divergence(reconstruction, signs));
  });

  it('learns what others ask that are unlike the documents', async () => {
    const { reconstruction, signs } = await leastSquares();
    const halves = [0, 100].map((start) => withoutLeading(rowRange(queries, start, start + 100)));
    const [taught, asked] = halves as [Matrix, Matrix];
    const plain = await descended(reconstruction, signs, documents, { seed: 1 });
    const moved = await descended(reconstruction, signs, documents, { seed: 1 }, taught);
    expect(divergence(moved, signs, asked)).toBeLessThan(0.98 * divergence(plain, signs, asked));
  });

  it('moves a copy of a map, the same way by seed', async () => {
    const { reconstruction, signs } = await leastSquares();
    const copy = structuredClone(reconstruction);
    const move = (seed: number) => descended(reconstruction, signs, documents, { seed });
    const moved = await move(1);
    expect(reconstruction).toEqual(copy);
    expect(await move(1)).toEqual(moved);
    expect(await move(2)).not.toEqual(moved);
  });

  it('bears one vector, and stops when aborted', async () => {
    const { reconstruction, signs } = await leastSquares();
    const one = await descended(reconstruction, rowRange(signs, 0, 1), rowRange(documents, 0, 1), {
      seed: 0,
    });
    expect((one.weights as Matrix).data.every(Number.isFinite)).toBe(true);
    const controller = new AbortController();
    const stopped = descended(reconstruction, signs, documents, {
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
  others?: Matrix,
): Promise<AffineMap> {
  const decoder = decoderWeights(start);
  const askers = [{ vectors, neighbours: await nearestNeighbours(vectors, 32) }];
  if (others) askers.push(await queryAskers(others, vectors, { seed: 0 }));
  await descendDecoder(decoder, signs, vectors, askers, options);
  return decoderMap(decoder);
}

async function leastSquares(): Promise<{ reconstruction: AffineMap; signs: Matrix }> {
  const encoder = await fitItq(documents, { outputDimensions: 16 });
  const signs = unpackSigns(packSigns(applyAffineMap(encoder, documents)));
  return { reconstruction: atOnce(fitRidgeRegression(signs, documents)), signs };
}

/** How far the order that decoded codes give is from that of the float vectors: nats per query. */
function divergence(decoder: AffineMap, signs: Matrix, asked = queries): number {
  const nobodies = new Uint32Array(asked.rows).fill(nobody);
  const rows = Uint32Array.from({ length: documents.rows }, (_, i) => i);
  const cosines = [documents, normalizeRows(applyAffineMap(decoder, signs))].map((vectors) =>
    matrixKernel().multiplyTransposed(asked, vectors),
  );
  const [float, decoded] = cosines as [Matrix, Matrix];
  const target = { ...float, data: float.data.map((cosine) => cosine / 0.05) };
  softmaxRows(target, nobodies, rows);
  const meeting = { queries: nobodies, documents: rows, target };
  const logScale = Math.log(1 / 0.05);
  return (
    crossEntropy(meeting, decoded, logScale).loss - crossEntropy(meeting, float, logScale).loss
  );
}

/** Of a kind that documents are not. */
function withoutLeading(matrix: Matrix): Matrix {
  const data = matrix.data.map((value, p) => (p % matrix.columns < 8 ? 0 : value));
  return normalizeRows({ ...matrix, data });
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
