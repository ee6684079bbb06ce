import type { TaskOptions } from '../../progress/task-options.ts';
import { nearestDocuments } from '../../training/nearest-documents.ts';
import { drawSimilarityBatch } from '../../training/similarity-batches.ts';
import type { WeightedBatch } from '../../training/train-head.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows, zeros } from '../../vectors/matrix.ts';
import type { Random } from '../../vectors/random.ts';
import { sampleIndices } from '../../vectors/random.ts';

/** What a step learns from, drawn anew for each. */
export type BatchDrawer = (random: Random) => WeightedBatch;

/**
 * Batches without labels: what a query should find is what the float vectors find.
 *
 * @param vectors unit length
 * @param neighbours `rows x n`, as from `mineNeighbours`
 * @param codes of the vectors, -1 and 1, where they are not to be learned
 */
export function similarityDrawer(
  vectors: Matrix,
  neighbours: Uint32Array,
  codes?: Matrix,
): BatchDrawer {
  return (random) => {
    const batch = drawSimilarityBatch(vectors, neighbours, random);
    return {
      weight: 1,
      batch: {
        ...batch,
        queryVectors: selectRows(vectors, batch.queries),
        documentVectors: selectRows(vectors, batch.documents),
        documentCodes: codes && selectRows(codes, batch.documents),
      },
    };
  };
}

/** Pairs in a batch. */
const pairsPerBatch = 64;
/** Documents near to a query that do not answer it, per pair in a batch, and how many are known. */
const hardNegatives = 2;
const minedNegatives = 16;
/** No document is any of these queries. */
const nobody = 0xffffffff;

/**
 * Batches of pairs: a query should find its document among those of the other queries and among documents
 * that the float vectors take for good answers (InfoNCE with in-batch and mined hard negatives).
 *
 * Source: van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018.
 *
 * @param queries unit length; row i is answered by row i of `documents`
 */
export async function pairDrawer(
  queries: Matrix,
  documents: Matrix,
  weight: number,
  options: TaskOptions,
): Promise<BatchDrawer> {
  const near = await nearestDocuments(queries, documents, minedNegatives + 1, options);
  const perQuery = queries.rows > 0 ? near.length / queries.rows : 0;
  return (random) => {
    const chosen = sampleIndices(queries.rows, pairsPerBatch, random);
    const rows = new Set<number>(chosen);
    for (const query of chosen) {
      const negatives = near.subarray(query * perQuery, (query + 1) * perQuery);
      for (const place of sampleIndices(perQuery, hardNegatives, random))
        rows.add(negatives[place]);
    }
    const found = Uint32Array.from(rows).sort();
    const target = zeros(chosen.length, found.length);
    for (const [i, query] of chosen.entries()) {
      target.data[i * found.length + found.indexOf(query)] = 1;
    }
    return {
      weight,
      batch: {
        queries: new Uint32Array(chosen.length).fill(nobody),
        documents: found,
        target,
        queryVectors: selectRows(queries, chosen),
        documentVectors: selectRows(documents, found),
      },
    };
  };
}
