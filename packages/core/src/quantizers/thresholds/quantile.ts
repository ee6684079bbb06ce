/**
 * The value below which a share `q` of the values lies, interpolated linearly between the two values
 * around it.
 *
 * Source: definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
 * Statistician 50 (1996).
 *
 * @param sorted increasing, at least one
 * @param q from 0 to 1
 */
export function quantile(sorted: Float32Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
