import type { Matrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Random } from '../../vectors/random.ts';
import { gaussian } from '../../vectors/random.ts';

/** Length of the noise, against the unit length of a document. */
const noise = 0.25;

/**
 * Documents made to look like queries: moved to where queries lie, and blurred, because a query says
 * less than a document that answers it.
 *
 * @param documents unit vectors
 * @param shift from the mean of the documents to that of the queries
 */
export function pseudoQueries(documents: Matrix, shift: Float32Array, random: Random): Matrix {
  const { columns, data } = documents;
  const deviation = noise / Math.sqrt(columns);
  return normalizeRows({
    ...documents,
    data: data.map((value, p) => value + shift[p % columns] + deviation * gaussian(random)),
  });
}
