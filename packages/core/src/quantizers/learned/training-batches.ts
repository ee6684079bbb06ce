import type { TaskOptions } from '../../progress/task-options.ts';
import { nearestDocuments } from '../../training/exact-neighbours.ts';
import type { Askers } from '../../training/similarity-batches.ts';
import { drawSimilarityBatch, nobody } from '../../training/similarity-batches.ts';
import type { WeightedBatch } from '../../training/train-model.ts';
import type { UnitPairs } from '../../training/training-pairs.ts';
import { equalRows } from '../../vectors/equal-rows.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows, stackRows, zeros } from '../../vectors/matrix.ts';
import type { Random } from '../../vectors/random.ts';
import { sampleIndices } from '../../vectors/random.ts';

/** What a step learns from, drawn anew for each. */
export type BatchDrawer = (random: Random) => WeightedBatch;

/**
 * Batches without labels: what a query should find is what the float vectors find.
 *
 * @param vectors of documents, unit length
 * @param askers the documents themselves, and others, of which each batch has one kind
 * @param codes of the documents, -1 and 1, where they are not to be learned
 */
export function similarityDrawer(
  vectors: Matrix,
  askers: readonly Askers[],
  codes?: Matrix,
): BatchDrawer {
  return (random) => {
    const kind = askers.length > 1 ? Math.floor(random() * askers.length) : 0;
    const batch = drawSimilarityBatch(vectors, askers[kind], random);
    const documentCodes = codes && selectRows(codes, batch.documents);
    return { weight: 1, batch: { ...batch, documentCodes } };
  };
}

/** Pairs in a batch. */
const pairsPerBatch = 64;
/** Documents near to a query that do not answer it, per pair in a batch, and how many are known. */
const hardNegatives = 2;
const minedNegatives = 16;

/**
 * Batches of pairs: a query should find its documents among those of the other queries, what was named as
 * no answer, and documents that the float vectors take for good ones (InfoNCE with in-batch and mined hard
 * negatives). What answers a query in another pair is no negative for it.
 *
 * Sources: van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018;
 * for several answers, Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020.
 */
export async function pairDrawer(
  { queries, documents, negatives }: UnitPairs,
  weight: number,
  options: TaskOptions,
): Promise<BatchDrawer> {
  const near = await nearestDocuments(queries, documents, minedNegatives + 1, options);
  const perQuery = queries.rows > 0 ? near.length / queries.rows : 0;
  const sameQuery = equalRows(queries);
  // Documents first, then what does not answer: the same text may be both, for different queries.
  const all = negatives ? stackRows(documents, negatives) : documents;
  const sameDocument = equalRows(all);
  const answers = new Map<number, Set<number>>();
  for (const [pair, query] of sameQuery.entries()) {
    answers.set(query, (answers.get(query) ?? new Set()).add(sameDocument[pair]));
  }
  return (random) => {
    const chosen = sampleIndices(queries.rows, pairsPerBatch, random);
    const rows = new Set<number>();
    for (const pair of chosen) {
      rows.add(sameDocument[pair]);
      if (negatives) rows.add(sameDocument[documents.rows + pair]);
      for (const place of sampleIndices(perQuery, hardNegatives, random)) {
        rows.add(sameDocument[near[pair * perQuery + place]]);
      }
    }
    const found = Uint32Array.from(rows).sort();
    const target = zeros(chosen.length, found.length);
    for (const [i, pair] of chosen.entries()) {
      const right = answers.get(sameQuery[pair]) as Set<number>;
      const places = [...found.keys()].filter((place) => right.has(found[place]));
      for (const place of places) target.data[i * found.length + place] = 1 / places.length;
    }
    return {
      weight,
      batch: {
        queries: new Uint32Array(chosen.length).fill(nobody),
        documents: found,
        target,
        queryVectors: selectRows(queries, chosen),
        documentVectors: selectRows(all, found),
      },
    };
  };
}
