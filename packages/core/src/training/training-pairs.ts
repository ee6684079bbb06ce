import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';

/** Queries and the documents that answer them, row by row. A query may have several, and stand in several rows. */
export interface TrainingPairs {
  readonly queries: Vectors;
  readonly documents: Vectors;
  /** For each query one that looks like an answer and is none (a triplet). */
  readonly negatives?: Vectors | undefined;
}

/** The same as unit vectors. */
export interface UnitPairs {
  readonly queries: Matrix;
  readonly documents: Matrix;
  readonly negatives: Matrix | undefined;
}

/**
 * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, or `invalid-option` where the numbers of rows
 *   differ
 */
export function unitPairs(
  { queries, documents, negatives }: TrainingPairs,
  columns: number,
): UnitPairs {
  const unit = (vectors: Vectors, name: string): Matrix =>
    normalizeRows(toMatrix(vectors, { name: `pairs.${name}`, columns }));
  const pairs = {
    queries: unit(queries, 'queries'),
    documents: unit(documents, 'documents'),
    negatives: negatives && unit(negatives, 'negatives'),
  };
  for (const name of ['documents', 'negatives'] as const) {
    const rows = pairs[name]?.rows ?? pairs.queries.rows;
    if (rows === pairs.queries.rows) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `pairs.${name}: got ${rows} vectors, expected ${pairs.queries.rows}, one for each query.`,
      remedy: 'Give queries and what belongs to them row by row.',
    });
  }
  return pairs;
}
