import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose, zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { sampleRows } from '../vectors/sample-rows.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { applyInSteps, composeWithMatrix } from './affine-map.ts';
import { fitCentring } from './centring.ts';
import { crossProductSteps } from './cross-product.ts';
import { orthonormalize } from './orthonormalize.ts';

/** Rows that the space is found from, at most. */
const mostRows = 3072;

/** Of a space that outputs are looked for in: so many dimensions, or so many for each output. */
const mostDimensions = 384;
const dimensionsPerOutput = 1.5;

/** Of the space that holds what so many outputs need: vectors that are no longer are as quick as they are. */
export function subspaceDimensions(outputs: number): number {
  return Math.max(mostDimensions, Math.ceil(dimensionsPerOutput * outputs)) + 1;
}

/**
 * An orthonormal basis, `dimensions x columns`, of a space that vectors nearly lie in: their mean, and about what the
 * leading principal components span.
 *
 * Source: Halko, Martinsson and Tropp, "Finding Structure with Randomness", 2011, algorithm 4.3, with one power
 * iteration.
 */
export function* leadingSubspace(vectors: Matrix, dimensions: number, seed: number): Steps<Matrix> {
  const sample = sampleRows(vectors, mostRows, seed);
  const { columns } = sample;
  const mean = columnMeans(sample);
  const random = seededRandom(seed);
  const directions = zeros(dimensions - 1, columns);
  for (let p = 0; p < directions.data.length; p++) {
    if (p % columns === 0) yield;
    directions.data[p] = gaussian(random);
  }
  const centred = yield* applyInSteps(fitCentring(sample, columns), sample);
  const seen = yield* toSubspace(centred, directions);
  const spanning = new Float64Array(dimensions * columns);
  spanning.set(mean);
  spanning.set(yield* crossProductSteps(seen, centred), columns);
  const basis = yield* orthonormalize(spanning, columns);
  return { rows: dimensions, columns, data: Float32Array.from(basis) };
}

/** Vectors as what they are in a space. */
export function toSubspace(vectors: Matrix, basis: Matrix): Steps<Matrix> {
  const { rows, columns } = basis;
  return applyInSteps(
    { weights: basis, bias: new Float32Array(rows), inputDimensions: columns },
    vectors,
  );
}

/** A map of vectors of a space, as one of whole vectors. */
export function mapOfSubspace({ weights, bias }: AffineMap, basis: Matrix): AffineMap {
  const whole = matrixKernel().multiply(weights as Matrix, basis);
  return { weights: whole, bias, inputDimensions: basis.columns };
}

/** A map to vectors of a space, as one to whole vectors. */
export function mapFromSubspace(map: AffineMap, basis: Matrix): AffineMap {
  return { ...composeWithMatrix(map, transpose(basis)), inputDimensions: map.inputDimensions };
}
