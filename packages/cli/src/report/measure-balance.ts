import type { Codes, Side } from '@bitryoshka/core';
import { bitAt } from '@bitryoshka/core';
import type { RetrievalTask } from '@bitryoshka/core/evaluation';
import type { NamedQuantizer } from './inspected-quantizer.ts';
import type { BitBalance } from './report-data.ts';

/** How evenly the bits of a quantizer are used, on both sides of a task. */
export function measureBalance(
  task: RetrievalTask,
  { name, quantizer }: NamedQuantizer,
): BitBalance {
  const ones: Record<Side, number[]> = {
    document: onesPerBit(quantizer.encode(task.documents, 'document')),
    query: onesPerBit(quantizer.encode(task.queries, 'query')),
  };
  return {
    quantizer: name,
    ones,
    entropy: { document: meanEntropy(ones.document), query: meanEntropy(ones.query) },
  };
}

function onesPerBit(codes: Codes): number[] {
  return Array.from({ length: codes.bits }, (_, bit) => {
    let ones = 0;
    for (let row = 0; row < codes.rows; row++) ones += bitAt(codes, row, bit);
    return ones / codes.rows;
  });
}

function meanEntropy(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum + entropy(share), 0) / shares.length;
}

/** Of a bit that is 1 with a given probability, in bits. */
function entropy(share: number): number {
  if (share <= 0 || share >= 1) return 0;
  return -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
}
