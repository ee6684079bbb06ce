import { ExactIndex } from '../search/exact-index.ts';
import { holdOutRows } from '../vectors/hold-out-rows.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, selectRows, toMatrix } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';

/** What candidates are fitted to, and what they are asked. */
export interface HeldOutSplit {
  readonly documents: Matrix;
  readonly queries: Matrix;
  /** By query: the rows of its nearest documents by float cosine. */
  readonly neighbours: readonly (readonly number[])[];
  /** What the queries are, in words. */
  readonly source: 'held-out documents' | 'given queries';
}

export interface SplitOptions {
  readonly queries?: Vectors | undefined;
  /** Neighbours by query. */
  readonly k: number;
  readonly seed: number;
}

/** Enough for an interval of about two points. */
const maximumQueries = 400;
/** Of the documents, where they stand in for queries. */
const heldOutShare = 0.2;

/**
 * With queries: all documents, and some of the queries. Without: a part of the documents, and the others
 * as queries, which no candidate has seen.
 */
export function splitHeldOut(vectors: Matrix, { queries, k, seed }: SplitOptions): HeldOutSplit {
  const random = seededRandom(seed);
  if (queries) {
    const all = toMatrix(queries, { columns: vectors.columns, name: 'queries' });
    checkNotEmpty(all, 'queries');
    const asked = selectRows(all, sampleIndices(all.rows, maximumQueries, random));
    return withNeighbours(vectors, asked, k, 'given queries');
  }
  const share = { share: heldOutShare, most: maximumQueries };
  const { heldOut, kept } = holdOutRows(vectors.rows, share, random);
  const [documents, asked] = [selectRows(vectors, kept), selectRows(vectors, heldOut)];
  return withNeighbours(documents, asked, k, 'held-out documents');
}

function withNeighbours(
  documents: Matrix,
  queries: Matrix,
  k: number,
  source: HeldOutSplit['source'],
): HeldOutSplit {
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const neighbours = Array.from({ length: queries.rows }, (_, i) =>
    exact.search(row(queries, i), { k }).map((scored) => scored.row),
  );
  return { documents, queries, neighbours, source };
}
