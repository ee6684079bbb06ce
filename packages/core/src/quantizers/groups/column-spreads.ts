import type { Matrix } from '../../vectors/matrix.ts';
import { columnMeans } from '../../vectors/statistics.ts';

/** Standard deviation of every column. */
export function columnSpreads(values: Matrix): Float32Array {
  const { rows, columns, data } = values;
  const means = columnMeans(values);
  const variances = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      variances[j] += (data[i * columns + j] - means[j]) ** 2 / rows;
    }
  }
  return Float32Array.from(variances, Math.sqrt);
}
