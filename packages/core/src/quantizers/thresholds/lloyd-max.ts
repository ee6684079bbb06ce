import { quantile } from './quantile.ts';

/**
 * The threshold of the two-level quantizer of least squared error: the midpoint of the mean of the
 * values above it and the mean of the others, iterated from the median until no value changes sides.
 * It stays at the median when all values are equal.
 *
 * Source: Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information Theory 28
 * (1982), method I; Max, "Quantizing for Minimum Distortion", IRE Transactions on Information Theory 6
 * (1960).
 *
 * @param sorted increasing, at least one
 */
export function lloydMaxThreshold(sorted: Float32Array): number {
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = sums[i] + sorted[i];
  const total = sums[sorted.length];

  let threshold = quantile(sorted, 0.5);
  let below = countAtMost(sorted, threshold);
  // The upper half is all one value: start with that value alone above.
  if (below === sorted.length) below = sorted.indexOf(sorted[below - 1]);
  if (below === 0) return threshold;
  // Each round lowers the squared error, so no split comes twice.
  for (;;) {
    threshold = Math.fround(
      (sums[below] / below + (total - sums[below]) / (sorted.length - below)) / 2,
    );
    const next = countAtMost(sorted, threshold);
    if (next === below || next === 0 || next === sorted.length) return threshold;
    below = next;
  }
}

/** How many of the values are `limit` or less. */
function countAtMost(sorted: Float32Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
