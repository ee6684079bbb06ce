import type { Matrix } from '../vectors/matrix.ts';
import type { Moments } from './moments.ts';
import { quantilesOf } from './quantile-summary.ts';
import type { DimensionStatistics } from './vector-statistics.ts';

/** What a collector has gathered of the single dimensions. */
export interface DimensionSums {
  readonly moments: Moments;
  readonly minima: Float32Array;
  readonly maxima: Float32Array;
  /** How many values are above zero, and how many above the threshold. */
  readonly aboveZero: Float64Array;
  readonly aboveThreshold: Float64Array;
  readonly thresholds: Float32Array;
}

/** @param sample rows of which the quantiles are taken */
export function describeDimensions(
  sums: DimensionSums,
  sample: Matrix,
  probabilities: readonly number[],
): DimensionStatistics[] {
  const { moments, minima, maxima, aboveZero, aboveThreshold, thresholds } = sums;
  const { count } = moments;
  const column = new Float32Array(sample.rows);
  return Array.from(moments.mean, (mean, j) => {
    for (let i = 0; i < sample.rows; i++) column[i] = sample.data[i * sample.columns + j];
    column.sort();
    const quantiles = quantilesOf(column, probabilities);
    quantiles[0] = minima[j];
    quantiles[quantiles.length - 1] = maxima[j];
    const [median] = quantilesOf(column, [0.5]);
    const aboveMedian = column.reduce((above, value) => above + Number(value > median), 0);
    const shareAboveThreshold = aboveThreshold[j] / count;
    return {
      mean,
      variance: moments.power2[j] / count,
      ...shape(moments, j),
      quantiles,
      shareAboveZero: aboveZero[j] / count,
      threshold: thresholds[j],
      shareAboveThreshold,
      bitEntropy: binaryEntropy(shareAboveThreshold),
      bitEntropyAtMedian: binaryEntropy(aboveMedian / sample.rows),
    };
  });
}

function shape(
  { count, power2, power3, power4 }: Moments,
  j: number,
): Pick<DimensionStatistics, 'skewness' | 'excessKurtosis' | 'bimodality'> {
  const variance = power2[j] / count;
  if (variance === 0) return { skewness: null, excessKurtosis: null, bimodality: null };
  const skewness = power3[j] / count / variance ** 1.5;
  const excessKurtosis = power4[j] / count / variance ** 2 - 3;
  return { skewness, excessKurtosis, bimodality: bimodality(count, skewness, excessKurtosis) };
}

function bimodality(count: number, skewness: number, excessKurtosis: number): number | null {
  if (count < 4) return null;
  const rest = (count - 2) * (count - 3);
  const skewnessOfSample = (skewness * Math.sqrt(count * (count - 1))) / (count - 2);
  const kurtosisOfSample = ((count - 1) / rest) * ((count + 1) * excessKurtosis + 6);
  return (skewnessOfSample ** 2 + 1) / (kurtosisOfSample + (3 * (count - 1) ** 2) / rest);
}

/** Entropy in bits of a bit that is 1 with this probability. */
function binaryEntropy(probability: number): number {
  return [probability, 1 - probability].reduce(
    (sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum),
    0,
  );
}
