import type { TaskOptions } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import { nearestDocuments } from './exact-neighbours.ts';
import type { Askers } from './similarity-batches.ts';

/** More than a batch ever meets would cost time alone. */
const mostQueries = 5000;
const neighbourCount = 32;

/**
 * Queries to learn from beside the documents themselves: a sample where there are many.
 *
 * @param queries unit length, at least one
 * @param documents unit length
 */
export async function queryAskers(
  queries: Matrix,
  documents: Matrix,
  { seed, ...task }: TaskOptions & { readonly seed: number },
): Promise<Askers> {
  const vectors = selectRows(queries, sampleIndices(queries.rows, mostQueries, seededRandom(seed)));
  return { vectors, neighbours: await nearestDocuments(vectors, documents, neighbourCount, task) };
}
