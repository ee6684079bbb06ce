import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Meeting } from '../../training/cross-entropy.ts';
import { softmaxRows } from '../../training/similarity-batches.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import type { Random } from '../../vectors/random.ts';
import { sampleIndices } from '../../vectors/random.ts';

/** Queries made from documents, to learn from. */
export interface TrainingQueries {
  /** Unit vectors; row i was made from document i. */
  readonly vectors: Matrix;
  /** The values of these that thresholds cut. */
  readonly values: Matrix;
  /** `queries x n` rows of documents: the float neighbours of each query. */
  readonly neighbours: Uint32Array;
}

// Half the size of `drawSimilarityBatch`: thresholds are few and need no finer gradient.
const batchQueries = 32;
const batchDocuments = 192;
const batchNeighbours = 8;
const temperature = 0.05;

/**
 * A batch like those of `drawSimilarityBatch`, for queries that are not the documents themselves. No
 * query is compared with the document it was made from.
 */
export function drawTrainingBatch(
  { vectors, neighbours }: TrainingQueries,
  documents: Matrix,
  random: Random,
): Meeting {
  const perQuery = neighbours.length / vectors.rows;
  const queries = sampleIndices(vectors.rows, batchQueries, random);
  const chosen = new Set<number>(sampleIndices(documents.rows, batchDocuments, random));
  for (const place of sampleIndices(perQuery, batchNeighbours, random)) {
    for (const query of queries) chosen.add(neighbours[query * perQuery + place]);
  }
  const rows = Uint32Array.from(chosen).sort();
  const target = defaultKernel().multiplyTransposed(
    selectRows(vectors, queries),
    selectRows(documents, rows),
  );
  for (let p = 0; p < target.data.length; p++) target.data[p] /= temperature;
  softmaxRows(target, queries, rows);
  return { queries, documents: rows, target };
}
