import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import type { Random } from '../vectors/random.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import { nearestDocuments } from './exact-neighbours.ts';
import { expBelowZero } from './exp-below-zero.ts';

/** Vectors that ask, and documents that are near to them. */
export interface Askers {
  /** Unit length. */
  readonly vectors: Matrix;
  /** `rows x n` rows of documents. */
  readonly neighbours: Uint32Array;
}

/** Some vectors as queries, some as documents, and how alike they are in float. */
export interface SimilarityBatch {
  /** By query: the document that it is itself, or `nobody`. */
  readonly queries: Uint32Array;
  /** Rows of the documents. */
  readonly documents: Uint32Array;
  readonly queryVectors: Matrix;
  readonly documentVectors: Matrix;
  /**
   * `queries x documents`: softmax over the documents of cosine / temperature. 0 where a document is the
   * query itself, which the student must not score either.
   */
  readonly target: Matrix;
}

export interface SimilarityBatchOptions {
  /** Queries in a batch. Default: 64. */
  readonly queries?: number;
  /** Random documents in a batch, besides neighbours of the queries. Default: 384. */
  readonly documents?: number;
  /** Neighbours of each query in a batch. Default: 8. */
  readonly neighbours?: number;
  /** Of the softmax over cosines. Default: 0.05. */
  readonly temperature?: number;
}

/** Stands for a query that is none of the documents. */
export const nobody = 0xffffffff;

/**
 * Draws batches in which every query meets some of its neighbours and many random documents: the order
 * among neighbours is what codes must learn to keep, and the random ones keep the scale.
 *
 * @param documents unit length
 * @param askers what queries are drawn from: the documents themselves, the same object, or others
 */
export function drawSimilarityBatch(
  documents: Matrix,
  askers: Askers,
  random: Random,
  options: SimilarityBatchOptions = {},
): SimilarityBatch {
  const {
    queries: queryCount = 64,
    documents: documentCount = 384,
    neighbours: neighbourCount = 8,
    temperature = 0.05,
  } = options;
  const { vectors } = askers;
  const { asked, rows } = drawRows(documents.rows, askers, random, {
    queries: queryCount,
    documents: documentCount,
    neighbours: neighbourCount,
  });
  const queries = vectors === documents ? asked : new Uint32Array(asked.length).fill(nobody);
  const queryVectors = selectRows(vectors, asked);
  const documentVectors = selectRows(documents, rows);
  const target = matrixKernel().multiplyTransposed(queryVectors, documentVectors);
  softmaxRows(target, queries, rows, 1 / temperature);
  return { queries, documents: rows, queryVectors, documentVectors, target };
}

/**
 * Some askers, and the documents that they meet: random ones, and of each asker as many of its neighbours.
 *
 * @param documents how many there are
 */
export function drawRows(
  documents: number,
  { vectors, neighbours }: Askers,
  random: Random,
  wanted: Required<Omit<SimilarityBatchOptions, 'temperature'>>,
): { readonly asked: Uint32Array; readonly rows: Uint32Array } {
  const perRow = neighbours.length / vectors.rows;
  const asked = sampleIndices(vectors.rows, wanted.queries, random);
  const chosen = new Set<number>(sampleIndices(documents, wanted.documents, random));
  const places = perRow > 0 ? sampleIndices(perRow, wanted.neighbours, random) : [];
  for (const asker of asked) {
    for (const place of places) chosen.add(neighbours[asker * perRow + place]);
  }
  return { asked, rows: Uint32Array.from(chosen).sort() };
}

/**
 * Softmax of `scale` times the scores, in place; a document that is the query itself gets 0, and so does all
 * where there is no other.
 *
 * @returns by query the logarithm of what its exponentials come to, 0 where there are none
 */
export function softmaxRows(
  { rows, columns, data }: Matrix,
  queries: Uint32Array,
  documents: Uint32Array,
  scale = 1,
): Float64Array {
  const logSums = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const [start, end] = [i * columns, (i + 1) * columns];
    const own = documents.indexOf(queries[i]);
    if (own >= 0) data[start + own] = -Infinity;
    let largest = -Infinity;
    for (let p = start; p < end; p++) if (data[p] > largest) largest = data[p];
    if (largest === -Infinity) {
      data.fill(0, start, end);
      continue;
    }
    let sum = 0;
    for (let p = start; p < end; p++) {
      const power = expBelowZero((data[p] - largest) * scale);
      data[p] = power;
      sum += power;
    }
    const share = 1 / sum;
    for (let p = start; p < end; p++) data[p] *= share;
    logSums[i] = largest * scale + Math.log(sum);
  }
  return logSums;
}

/** More than a batch ever meets would cost time alone. */
const mostQueries = 5000;
const queryNeighbours = 32;

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
  return { vectors, neighbours: await nearestDocuments(vectors, documents, queryNeighbours, task) };
}
