/**
 * The value below which the share `share` of values in increasing order lies, interpolated between
 * neighbours.
 */
export function sortedQuantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
