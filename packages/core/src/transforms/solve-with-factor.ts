/**
 * Solves L Lᵀ X = B in place by forward and backward substitution.
 *
 * @param factor L, lower triangular, row-major
 * @param right B, row-major, `columns` values a row; X afterwards
 */
export function solveWithFactor(factor: Float64Array, right: Float64Array, columns: number): void {
  const size = right.length / columns;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) subtractRow(right, i, j, factor[i * size + j], columns);
    divideRow(right, i, factor[i * (size + 1)], columns);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) subtractRow(right, i, j, factor[j * size + i], columns);
    divideRow(right, i, factor[i * (size + 1)], columns);
  }
}

function subtractRow(
  values: Float64Array,
  to: number,
  from: number,
  weight: number,
  columns: number,
): void {
  for (let p = to * columns, q = from * columns, end = p + columns; p < end; p++, q++) {
    values[p] -= weight * values[q];
  }
}

function divideRow(values: Float64Array, row: number, divisor: number, columns: number): void {
  for (let p = row * columns, end = p + columns; p < end; p++) values[p] /= divisor;
}
