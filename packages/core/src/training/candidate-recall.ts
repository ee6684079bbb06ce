import type { Codes } from '../codes/codes.ts';
import { scanKernel } from '../kernels/scan/scan-kernel.ts';

export interface CandidateRecallOptions {
  /** `queries x n` rows of documents: the float neighbours of each query. */
  readonly neighbours: Uint32Array;
  /** How many documents of least Hamming distance a query may find them among. */
  readonly candidates: number;
}

/**
 * The share of the float neighbours that are among the candidates: the recall after these are re-ranked
 * with float vectors.
 */
export function candidateRecall(
  documents: Codes,
  queries: Codes,
  { neighbours, candidates }: CandidateRecallOptions,
): number {
  const memory = scanKernel().createCodeMemory(documents.bytesPerCode);
  memory.resize(documents.rows);
  memory.bytes().set(documents.data);
  const perQuery = neighbours.length / queries.rows;
  let found = 0;
  for (let i = 0; i < queries.rows; i++) {
    const code = queries.data.subarray(i * queries.bytesPerCode, (i + 1) * queries.bytesPerCode);
    const nearest = new Set(memory.nearest(code, candidates).rows);
    for (let p = i * perQuery; p < (i + 1) * perQuery; p++) {
      if (nearest.has(neighbours[p])) found++;
    }
  }
  return found / neighbours.length;
}
