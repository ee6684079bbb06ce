import type { Matrix } from '../../vectors/matrix.ts';
import { inverseNorm } from '../../vectors/normalize.ts';

/** The cosine of every pair of rows, from -1 to 1; 0 where one of the two is zero. */
export function cosinePairScores(first: Matrix, second: Matrix): Float64Array {
  const { rows, columns, data } = first;
  const other = second.data;
  const scores = new Float64Array(rows);
  for (let i = 0, offset = 0; i < rows; i++, offset += columns) {
    let sum = 0;
    for (let j = offset; j < offset + columns; j++) sum += data[j] * other[j];
    scores[i] = sum * inverseNorm(data, offset, columns) * inverseNorm(other, offset, columns);
  }
  return scores;
}
