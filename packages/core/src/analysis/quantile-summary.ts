/** The values below which the shares `probabilities` of a distribution lie; both in increasing order. */
export interface QuantileSummary {
  readonly probabilities: readonly number[];
  readonly quantiles: readonly number[];
}

/**
 * Quantiles of sorted values, interpolated linearly between the two nearest.
 * Source: type 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (1996).
 */
export function quantilesOf(sorted: ArrayLike<number>, probabilities: readonly number[]): number[] {
  return probabilities.map((probability) => {
    const place = probability * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  });
}

/**
 * The share of the distribution up to `value`: linear between quantiles, and a step where several
 * quantiles are equal, as values that occur often make them.
 *
 * @param inclusive whether `value` itself counts; this matters at steps only
 */
export function cumulativeShare(
  { probabilities, quantiles }: QuantileSummary,
  value: number,
  inclusive = true,
): number {
  // The first quantile above the value (inclusive), or from it on.
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inclusive ? quantiles[middle] <= value : quantiles[middle] < value) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  if (low === quantiles.length) return 1;
  const from = quantiles[low - 1];
  const part = (value - from) / (quantiles[low] - from);
  return probabilities[low - 1] + part * (probabilities[low] - probabilities[low - 1]);
}
