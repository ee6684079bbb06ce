import { packSigns } from '../../codes/codes.ts';
import { defaultKernel } from '../../kernels/default-kernel.ts';
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
  const documents = packSigns(subtractFromRows(heldOut.documents, thresholds.document));
  const queries = packSigns(subtractFromRows(heldOut.queries, thresholds.query));
  const memory = defaultKernel().createCodeMemory(documents.bytesPerCode);
  memory.resize(documents.rows);
  memory.bytes().set(documents.data);
  const perQuery = heldOut.neighbours.length / queries.rows;
  let found = 0;
  for (let i = 0; i < queries.rows; i++) {
    const code = queries.data.subarray(i * queries.bytesPerCode, (i + 1) * queries.bytesPerCode);
    const candidates = new Set(memory.nearest(code, rerankDepth).rows);
    for (let p = i * perQuery; p < (i + 1) * perQuery; p++) {
      if (candidates.has(heldOut.neighbours[p])) found++;
    }
  }
  return found / heldOut.neighbours.length;
}
