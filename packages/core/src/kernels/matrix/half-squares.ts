import type { Matrix } from '../../vectors/matrix.ts';

/** Half the square of the length of each row. */
export function halfSquares({ rows, columns, data }: Matrix): Float32Array {
  const halves = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let p = i * columns; p < (i + 1) * columns; p++) square += data[p] * data[p];
    halves[i] = square / 2;
  }
  return halves;
}
