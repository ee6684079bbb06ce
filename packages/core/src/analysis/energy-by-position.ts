import type { Moments } from './moments.ts';
import type { EnergyByPosition } from './vector-statistics.ts';

/** The cumulative shares of the leading dimensions, and whether they carry more than later ones. */
export function energyByPosition({ count, mean, power2 }: Moments): EnergyByPosition {
  const variances = power2.map((sum) => sum / count);
  return {
    secondMoment: cumulativeShares(variances.map((variance, j) => variance + mean[j] ** 2)),
    variance: cumulativeShares(variances),
    trend: rankTrend(variances),
  };
}

function cumulativeShares(values: Float64Array): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  return Array.from(values, (value) => {
    sum += value;
    return total > 0 ? sum / total : 0;
  });
}

/** Spearman's correlation of values with their positions. */
function rankTrend(values: Float64Array): number | null {
  const size = values.length;
  const middle = (size - 1) / 2;
  const order = Array.from(values, (_, j) => j).sort((a, b) => values[a] - values[b]);
  let products = 0;
  let squares = 0;
  for (let start = 0; start < size; ) {
    let end = start + 1;
    while (end < size && values[order[end]] === values[order[start]]) end++;
    // Equal values share the mean of their ranks.
    const rank = (start + end - 1) / 2 - middle;
    for (const position of order.slice(start, end)) {
      products += rank * (position - middle);
      squares += rank * rank;
    }
    start = end;
  }
  if (squares === 0) return null;
  return products / Math.sqrt(squares * ((size * (size * size - 1)) / 12));
}
