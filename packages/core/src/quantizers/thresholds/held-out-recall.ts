import { packSigns } from '../../codes/codes.ts';
import { candidateRecall } from '../../training/candidate-recall.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { subtractFromRows } from './subtract-from-rows.ts';
import type { Thresholds } from './thresholds.ts';

/** Candidates that the float vectors would re-rank. */
export const rerankDepth = 40;
/** Float neighbours that count. */
export const neighbourCount = 10;

export interface HeldOut {
  /** Values of the held-out queries, one row each, before thresholds. */
  readonly queries: Matrix;
  /** Those of the documents. */
  readonly documents: Matrix;
  /** `queries x n` rows of documents: the float neighbours of each query. */
  readonly neighbours: Uint32Array;
}

/**
 * The share of the float neighbours that are among the {@link rerankDepth} documents of least Hamming
 * distance, which is the recall after re-ranking those.
 */
export function heldOutRecall(heldOut: HeldOut, thresholds: Thresholds): number {
  return candidateRecall(
    packSigns(subtractFromRows(heldOut.documents, thresholds.document)),
    packSigns(subtractFromRows(heldOut.queries, thresholds.query)),
    { neighbours: heldOut.neighbours, candidates: rerankDepth },
  );
}
