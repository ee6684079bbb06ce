import type { Matrix } from './matrix.ts';

/** Sum of every column. */
export function columnSums({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const offset = i * columns;
    for (let j = 0; j < columns; j++) sums[j] += data[offset + j];
  }
  return sums;
}

/** Mean of every column. */
export function columnMeans(matrix: Matrix): Float32Array {
  return Float32Array.from(columnSums(matrix), (sum) => sum / matrix.rows);
}

/** Median of every column: the mean of the two middle values when the number of rows is even. */
export function columnMedians({ rows, columns, data }: Matrix): Float32Array {
  const column = new Float32Array(rows);
  const middle = rows >> 1;
  return Float32Array.from({ length: columns }, (_, j) => {
    for (let i = 0; i < rows; i++) column[i] = data[i * columns + j];
    column.sort();
    return rows % 2 === 1 ? column[middle] : (column[middle - 1] + column[middle]) / 2;
  });
}
