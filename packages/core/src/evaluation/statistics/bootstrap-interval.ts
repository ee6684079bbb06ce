import { bootstrapMeans } from './bootstrap-means.ts';
import type { BootstrapOptions } from './bootstrap-options.ts';
import { bootstrapOptions } from './bootstrap-options.ts';
import { checkValues } from './check-values.ts';
import { mean } from './mean.ts';
import { sortedQuantile } from './sorted-quantile.ts';

/** A mean and the ends of its interval. */
export interface BootstrapInterval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of per-query values, and between which values it would lie with other queries of the kind:
 * the percentile bootstrap.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 *
 * @throws BitryoshkaError `empty-input`, `not-finite` or `invalid-option`
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  options: BootstrapOptions = {},
): BootstrapInterval {
  const { samples, confidence, seed } = bootstrapOptions(options);
  checkValues('values', values, 1);
  const means = bootstrapMeans(values, samples, seed);
  const tail = (1 - confidence) / 2;
  return {
    mean: mean(values),
    low: sortedQuantile(means, tail),
    high: sortedQuantile(means, 1 - tail),
  };
}
