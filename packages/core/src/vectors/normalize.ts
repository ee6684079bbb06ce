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
    scaleValues(data, i * columns, columns, inverseNorm(data, i * columns, columns), unit.data);
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
  const end = offset + length;
  let sum = 0;
  let j = offset;
  // Four in each round take half of the time; added one by one, they come to the same.
  for (; j + 4 <= end; j += 4) {
    sum += data[j] * data[j];
    sum += data[j + 1] * data[j + 1];
    sum += data[j + 2] * data[j + 2];
    sum += data[j + 3] * data[j + 3];
  }
  for (; j < end; j++) sum += data[j] * data[j];
  return sum > 0 ? 1 / Math.sqrt(sum) : 0;
}

/** Writes `length` values from `offset`, times `scale`, to the same place of `into`. */
function scaleValues(
  data: Float32Array,
  offset: number,
  length: number,
  scale: number,
  into: Float32Array,
): void {
  const end = offset + length;
  let j = offset;
  for (; j + 4 <= end; j += 4) {
    into[j] = data[j] * scale;
    into[j + 1] = data[j + 1] * scale;
    into[j + 2] = data[j + 2] * scale;
    into[j + 3] = data[j + 3] * scale;
  }
  for (; j < end; j++) into[j] = data[j] * scale;
}
