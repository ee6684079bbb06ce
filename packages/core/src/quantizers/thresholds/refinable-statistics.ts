import { columnMeans, columnMedians } from '../../vectors/statistics.ts';
import { lloydMaxThreshold } from './lloyd-max.ts';
import { otsuThreshold } from './otsu.ts';
import type { ThresholdStatistic } from './threshold-statistic.ts';
import { sortedColumnStatistic } from './threshold-statistic.ts';

/** The kinds whose thresholds are statistics, which more data can refine. */
export const refinableStatistics: Readonly<Record<string, ThresholdStatistic>> = {
  mean: columnMeans,
  median: columnMedians,
  'median-per-side': columnMedians,
  otsu: sortedColumnStatistic(otsuThreshold),
  'lloyd-max': sortedColumnStatistic(lloydMaxThreshold),
};
