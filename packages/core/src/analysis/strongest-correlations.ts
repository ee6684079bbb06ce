import { negligibleVariance } from './negligible-variance.ts';
import type { Correlation } from './vector-statistics.ts';

/**
 * The `count` pairs of different columns with the largest |r|, strongest first. Columns of no or
 * negligible variance are left out.
 *
 * @param covariance or a multiple of it, `columns x columns`
 */
export function strongestCorrelations(
  covariance: Float64Array,
  columns: number,
  count: number,
): Correlation[] {
  const variances = Float64Array.from({ length: columns }, (_, j) => covariance[j * columns + j]);
  const negligible = negligibleVariance(variances);
  const scales = variances.map((variance) => (variance > negligible ? 1 / Math.sqrt(variance) : 0));
  let strongest: Correlation[] = [];
  let weakest = 0;
  for (let first = 0; first < columns; first++) {
    for (let second = first + 1; second < columns; second++) {
      const scaled = covariance[first * columns + second] * scales[first] * scales[second];
      if (Math.abs(scaled) <= weakest) continue;
      strongest.push({ first, second, r: Math.max(-1, Math.min(1, scaled)) });
      // Sorting now and then keeps the list short without a place to be found for every pair.
      if (strongest.length === 50 * count) {
        strongest = cut(strongest, count);
        weakest = Math.abs(strongest[count - 1].r);
      }
    }
  }
  return cut(strongest, count);
}

function cut(correlations: Correlation[], count: number): Correlation[] {
  return correlations.sort((a, b) => Math.abs(b.r) - Math.abs(a.r)).slice(0, count);
}
