import type { Matrix } from '../../vectors/matrix.ts';

/** One threshold per column. */
export type ThresholdStatistic = (values: Matrix) => Float32Array;

/** A statistic that looks at the sorted values of one column at a time. */
export function sortedColumnStatistic(
  threshold: (sorted: Float32Array) => number,
): ThresholdStatistic {
  return ({ rows, columns, data }) => {
    const column = new Float32Array(rows);
    return Float32Array.from({ length: columns }, (_, j) => {
      for (let i = 0; i < rows; i++) column[i] = data[i * columns + j];
      return threshold(column.sort());
    });
  };
}
