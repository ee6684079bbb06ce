import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';

/** A copy with `offsets[j]` taken from column j of every row. */
export function subtractFromRows(matrix: Matrix, offsets: Float32Array): Matrix {
  const { rows, columns, data } = matrix;
  const result = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result.data[i * columns + j] = data[i * columns + j] - offsets[j];
    }
  }
  return result;
}
