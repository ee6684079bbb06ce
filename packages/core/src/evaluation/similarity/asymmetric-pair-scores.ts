import { bitAt } from '../../codes/codes.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { inverseNorm } from '../../vectors/normalize.ts';

/**
 * The real values of the first against the code of the second for every pair of rows: the cosine of the
 * projection and the code as a vector of ±1. Both are treated as documents, for neither asks.
 */
export function asymmetricPairScores(
  quantizer: Quantizer,
  first: Matrix,
  second: Matrix,
): Float64Array {
  const { rows, columns, data } = quantizer.project(first, 'document');
  const codes = quantizer.encode(second, 'document');
  const scores = new Float64Array(rows);
  for (let i = 0, offset = 0; i < rows; i++, offset += columns) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[offset + j] * (2 * bitAt(codes, i, j) - 1);
    scores[i] = (sum * inverseNorm(data, offset, columns)) / Math.sqrt(columns);
  }
  return scores;
}
