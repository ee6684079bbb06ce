import { crossProduct } from '../transforms/cross-product.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Moments } from './moments.ts';

/**
 * Sums over the rows of the products of every two columns' deviations from their means, row-major,
 * `columns x columns`: the covariance matrix times the number of rows.
 *
 * @param moments of the same rows
 */
export function coMomentsOf(vectors: Matrix, moments: Moments): Float64Array {
  const { rows, columns, data } = vectors;
  // The products are summed in float32, so columns of any scale are brought to spread 1 before.
  const spreads = moments.power2.map((sum) => Math.sqrt(sum / Math.max(1, rows)));
  const scales = spreads.map((spread) => (spread > 0 ? 1 / spread : 0));
  const standardized = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    const offset = i * columns;
    for (let j = 0; j < columns; j++) {
      standardized.data[offset + j] = (data[offset + j] - moments.mean[j]) * scales[j];
    }
  }
  const sums = crossProduct(standardized, standardized);
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b < columns; b++) sums[a * columns + b] *= spreads[a] * spreads[b];
  }
  return sums;
}

/**
 * Adds to `into` the co-moments of other rows, in place.
 *
 * @param moments of the rows of `into` and of the other rows, before they are merged
 */
export function mergeCoMoments(
  into: Float64Array,
  other: Float64Array,
  [a, b]: readonly [Moments, Moments],
): void {
  const columns = a.mean.length;
  const weight = a.count + b.count > 0 ? (a.count / (a.count + b.count)) * b.count : 0;
  const deltas = b.mean.map((mean, j) => mean - a.mean[j]);
  for (let i = 0; i < columns; i++) {
    const weighted = weight * deltas[i];
    const offset = i * columns;
    for (let j = 0; j < columns; j++) into[offset + j] += other[offset + j] + weighted * deltas[j];
  }
}
