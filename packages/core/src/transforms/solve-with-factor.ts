import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';

/** Multiplications that take some ten milliseconds. */
const mostAtOnce = 4e7;

/**
 * Solves L Lᵀ X = B in place by forward and backward substitution.
 *
 * @param factor L, lower triangular, row-major
 * @param right B, row-major, `columns` values a row; X afterwards
 */
export function* solveWithFactor(
  factor: Float64Array,
  right: Float64Array,
  columns: number,
): Steps<void> {
  const size = right.length / columns;
  if (size * right.length <= mostAtOnce) {
    matrixKernel().solveFactored(factor, right, columns);
    return;
  }
  for (let i = 0; i < size; i++) {
    subtractRows(right, i, 0, i, columns, (j) => factor[i * size + j]);
    divideRow(right, i, factor[i * (size + 1)], columns);
    yield;
  }
  for (let i = size - 1; i >= 0; i--) {
    subtractRows(right, i, i + 1, size, columns, (j) => factor[j * size + i]);
    divideRow(right, i, factor[i * (size + 1)], columns);
    yield;
  }
}

/** Subtracts rows `start` to `end` (exclusive) from row `to`: four at a time, one after the other. */
function subtractRows(
  values: Float64Array,
  to: number,
  start: number,
  end: number,
  columns: number,
  weight: (row: number) => number,
): void {
  const first = to * columns;
  let row = start;
  for (; row + 4 <= end; row += 4) {
    const [a, b, c, d] = [weight(row), weight(row + 1), weight(row + 2), weight(row + 3)];
    let q = row * columns;
    for (let p = first; p < first + columns; p++, q++) {
      let value = values[p] - a * values[q];
      value -= b * values[q + columns];
      value -= c * values[q + 2 * columns];
      values[p] = value - d * values[q + 3 * columns];
    }
  }
  for (; row < end; row++) {
    const own = weight(row);
    for (let p = first, q = row * columns; p < first + columns; p++, q++) {
      values[p] -= own * values[q];
    }
  }
}

function divideRow(values: Float64Array, row: number, divisor: number, columns: number): void {
  for (let p = row * columns, end = p + columns; p < end; p++) values[p] /= divisor;
}
