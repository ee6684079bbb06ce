import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, transpose } from '../vectors/matrix.ts';

/** Rows per block: the products within a block are float32, their sum over the blocks is float64. */
const blockRows = 512;

/**
 * The product of the transpose of `a` with `b`, row-major, `columns(a) x columns(b)`: sums over many
 * rows, so they are accumulated in float64.
 */
export function crossProduct(a: Matrix, b: Matrix): Float64Array {
  const sums = new Float64Array(a.columns * b.columns);
  for (let start = 0; start < a.rows; start += blockRows) {
    const end = Math.min(a.rows, start + blockRows);
    const blockA = transpose(rowRange(a, start, end));
    const blockB = a === b ? blockA : transpose(rowRange(b, start, end));
    const { data } = defaultKernel().multiplyTransposed(blockA, blockB);
    for (let p = 0; p < sums.length; p++) sums[p] += data[p];
  }
  return sums;
}
