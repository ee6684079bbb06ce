import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import type { Random } from '../vectors/random.ts';
import { sampleIndices } from '../vectors/random.ts';

/** Some vectors as queries, some as documents, and how alike they are in float. */
export interface SimilarityBatch {
  /** Rows of the training vectors. */
  readonly queries: Uint32Array;
  readonly documents: Uint32Array;
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

/**
 * Draws batches in which every query meets some of its neighbours and many random documents: the order
 * among neighbours is what codes must learn to keep, and the random ones keep the scale.
 *
 * @param vectors unit length
 * @param neighbours `rows x n` row numbers, as from `nearestNeighbours`
 */
export function drawSimilarityBatch(
  vectors: Matrix,
  neighbours: Uint32Array,
  random: Random,
  options: SimilarityBatchOptions = {},
): SimilarityBatch {
  const {
    queries: queryCount = 64,
    documents: documentCount = 384,
    neighbours: neighbourCount = 8,
    temperature = 0.05,
  } = options;
  const { rows } = vectors;
  const perRow = neighbours.length / rows;
  const queries = sampleIndices(rows, queryCount, random);
  const chosen = new Set<number>(sampleIndices(rows, documentCount, random));
  const places = perRow > 0 ? sampleIndices(perRow, neighbourCount, random) : [];
  for (const query of queries) {
    for (const place of places) chosen.add(neighbours[query * perRow + place]);
  }
  const documents = Uint32Array.from(chosen).sort();
  const target = defaultKernel().multiplyTransposed(
    selectRows(vectors, queries),
    selectRows(vectors, documents),
  );
  for (let p = 0; p < target.data.length; p++) target.data[p] /= temperature;
  softmaxRows(target, queries, documents);
  return { queries, documents, target };
}

/** In place; a document that is the query itself gets 0, and so does all where there is no other. */
export function softmaxRows(
  { rows, columns, data }: Matrix,
  queries: Uint32Array,
  documents: Uint32Array,
): void {
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    let largest = -Infinity;
    for (let j = 0; j < columns; j++) {
      if (documents[j] === queries[i]) row[j] = -Infinity;
      else if (row[j] > largest) largest = row[j];
    }
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      row[j] = row[j] > -Infinity ? Math.exp(row[j] - largest) : 0;
      sum += row[j];
    }
    for (let j = 0; sum > 0 && j < columns; j++) row[j] /= sum;
  }
}
