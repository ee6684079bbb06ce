import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { holdOutRows } from '../vectors/hold-out-rows.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, selectRows, toMatrix } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';

/** What candidates are fitted to, and what they are asked. */
export interface HeldOutSplit {
  readonly documents: Matrix;
  /** Of the documents. */
  readonly index: ExactIndex;
  readonly queries: Matrix;
  /** By query: the rows of its nearest documents by float cosine. */
  readonly neighbours: readonly (readonly number[])[];
  /** What the queries are, in words. */
  readonly source: 'held-out documents' | 'given queries';
}

export interface SplitOptions extends Pick<TaskOptions, 'signal'> {
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
export async function splitHeldOut(
  vectors: Matrix,
  { queries, k, seed, signal }: SplitOptions,
): Promise<HeldOutSplit> {
  const random = seededRandom(seed);
  if (queries) {
    const all = toMatrix(queries, { columns: vectors.columns, name: 'queries' });
    checkNotEmpty(all, 'queries');
    const asked = selectRows(all, sampleIndices(all.rows, maximumQueries, random));
    return { ...(await ask(vectors, asked, k, signal)), source: 'given queries' };
  }
  const share = { share: heldOutShare, most: maximumQueries };
  const { kept, heldOut } = holdOutRows(vectors, share, random);
  return { ...(await ask(kept, heldOut, k, signal)), source: 'held-out documents' };
}

async function ask(
  documents: Matrix,
  queries: Matrix,
  k: number,
  signal: AbortSignal | undefined,
): Promise<Omit<HeldOutSplit, 'source'>> {
  const index = new ExactIndex(documents.columns);
  await index.addAsync(documents, { signal });
  const neighbours: number[][] = [];
  for (let i = 0; i < queries.rows; i++) {
    await checkpoint({ signal }, { stage: 'neighbours', done: i, total: queries.rows });
    neighbours.push(index.search(row(queries, i), { k }).map((scored) => scored.row));
  }
  return { documents, index, queries, neighbours };
}
