import type { DimensionStatistics, VectorStatistics } from '@bitryoshka/core/analysis';
import { mean } from './mean.ts';

/** A dimension that stands out, and why. */
export interface NotableDimension {
  readonly dimension: number;
  readonly reasons: readonly string[];
}

/**
 * Dimensions on which a sign bit or a cosine is not what it seems: those that carry nothing first, then
 * those with more reasons, then those with less balanced bits.
 */
export function notableDimensions({ dimensions }: VectorStatistics): NotableDimension[] {
  const meanVariance = mean(dimensions.map(({ variance }) => variance));
  const meanEnergy = mean(dimensions.map(energyOf));
  return dimensions
    .map((statistics, dimension) => {
      // A deviation of less than a thousandth of the usual one.
      const empty = statistics.variance <= 1e-6 * meanVariance;
      const reasons = empty ? ['almost constant'] : reasonsOf(statistics, meanEnergy);
      return { dimension, reasons, empty, entropy: statistics.bitEntropy };
    })
    .filter(({ reasons }) => reasons.length > 0)
    .sort(
      (a, b) =>
        Number(b.empty) - Number(a.empty) ||
        b.reasons.length - a.reasons.length ||
        a.entropy - b.entropy,
    )
    .map(({ dimension, reasons }) => ({ dimension, reasons }));
}

function reasonsOf(statistics: DimensionStatistics, meanEnergy: number): string[] {
  const { bitEntropy, bimodality, excessKurtosis } = statistics;
  const reasons: string[] = [];
  // Less than three quarters of a bit: more than 79 % of the vectors are on one side.
  if (bitEntropy < 0.75) reasons.push('unbalanced bit');
  if (energyOf(statistics) > 5 * meanEnergy) reasons.push('large values');
  if (excessKurtosis !== null && excessKurtosis > 3) reasons.push('heavy tails');
  if (bimodality !== null && bimodality > 5 / 9) reasons.push('two peaks or skew');
  return reasons;
}

function energyOf({ mean: centre, variance }: DimensionStatistics): number {
  return variance + centre ** 2;
}
