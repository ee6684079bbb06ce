import type { Matrix } from '../../vectors/matrix.ts';
import { columnMeans, columnMedians } from '../../vectors/statistics.ts';

/** What the values of a dimension say of where to cut it. */
export const statisticRules = ['mean', 'median', 'quantile', 'otsu', 'lloyd-max'] as const;

export type StatisticRule = (typeof statisticRules)[number];

/** One threshold per column. */
export type ThresholdStatistic = (values: Matrix) => Float32Array;

/** @param share of the values below, for `quantile` */
export function statisticOf(rule: StatisticRule, share = 0.5): ThresholdStatistic {
  if (rule === 'mean') return columnMeans;
  if (rule === 'median') return columnMedians;
  if (rule === 'otsu') return sortedColumnStatistic(otsuThreshold);
  if (rule === 'lloyd-max') return sortedColumnStatistic(lloydMaxThreshold);
  return sortedColumnStatistic((sorted) => quantile(sorted, share));
}

/** A statistic that looks at the sorted values of one column at a time. */
function sortedColumnStatistic(threshold: (sorted: Float32Array) => number): ThresholdStatistic {
  return ({ rows, columns, data }) => {
    const column = new Float32Array(rows);
    return Float32Array.from({ length: columns }, (_, j) => {
      for (let i = 0; i < rows; i++) column[i] = data[i * columns + j];
      return threshold(column.sort());
    });
  };
}

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

/**
 * The threshold that separates the values into two classes whose means lie furthest apart: it
 * maximises the between-class variance w0 · w1 · (m1 - m0)². Every split between two different values
 * is tried; the threshold is the middle of the gap, and the lower of two equally good ones.
 *
 * Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
 * Systems, Man, and Cybernetics 9 (1979), without the histogram.
 *
 * @param sorted increasing, at least one
 */
export function otsuThreshold(sorted: Float32Array): number {
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let threshold = sorted[0];
  let best = 0;
  let sum = 0;
  for (let below = 1; below < count; below++) {
    const [low, high] = [sorted[below - 1], sorted[below]];
    sum += low;
    if (low === high) continue;
    const above = count - below;
    const separation = below * above * ((total - sum) / above - sum / below) ** 2;
    if (separation > best) {
      best = separation;
      threshold = between(low, high);
    }
  }
  return threshold;
}

/** The middle in float32, below `high` even where no float32 lies between the two. */
function between(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  return middle < high ? middle : low;
}

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
