import type { Matrix } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';

/** Mean over the bits of the entropy of each, from 0 (always the same) to 1 (half of the time 1). */
export function bitEntropy(signs: Matrix): number {
  const { rows, columns } = signs;
  if (rows === 0) return 0;
  const entropies = columnSums(signs).map((sum) => {
    const share = (1 + sum / rows) / 2;
    return share <= 0 || share >= 1
      ? 0
      : -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
  });
  return entropies.reduce((sum, entropy) => sum + entropy, 0) / columns;
}
