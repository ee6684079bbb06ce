import type { Matrix } from './matrix.ts';
import { zeros } from './matrix.ts';
import { rowProduct } from './row-product.ts';

/**
 * Every row scaled to unit length; all-zero rows stay zero.
 *
 * @param into where they are written. Default: new memory
 */
export function normalizeRows(matrix: Matrix, into?: Matrix): Matrix {
  const { rows, columns, data } = matrix;
  const unit = into ?? zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    const scale = inverseNorm(data, i * columns, columns);
    for (let j = i * columns; j < (i + 1) * columns; j++) unit.data[j] = data[j] * scale;
  }
  return unit;
}

/** What float32 leaves of the square of a length that was scaled to 1 may be off by. */
const unitTolerance = 1e-6;

/**
 * The same, for rows that mostly are of unit length already: they are returned as they are then, not copied.
 *
 * @param into where they are written otherwise
 */
export function unitRows(matrix: Matrix, into: Matrix): Matrix {
  const { rows, columns, data } = matrix;
  for (let i = 0; i < rows; i++) {
    const square = rowProduct(data, data, i * columns, columns);
    if (!(Math.abs(square - 1) <= unitTolerance)) return normalizeRows(matrix, into);
  }
  return matrix;
}

/** `1 / |x|` of `length` values from `offset`, or 0 for a zero vector, so that its cosine is 0. */
export function inverseNorm(data: Float32Array, offset: number, length: number): number {
  let sum = 0;
  for (let j = offset; j < offset + length; j++) sum += data[j] * data[j];
  return sum > 0 ? 1 / Math.sqrt(sum) : 0;
}
