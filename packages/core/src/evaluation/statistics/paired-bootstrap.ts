import { bootstrapMeans } from './bootstrap-means.ts';
import type { BootstrapOptions } from './bootstrap-options.ts';
import { bootstrapOptions } from './bootstrap-options.ts';
import { checkPaired } from './check-paired.ts';
import { mean } from './mean.ts';
import { sortedQuantile } from './sorted-quantile.ts';

/** How much better the first of two systems is. */
export interface PairedDifference {
  /** Mean of the first minus mean of the second. */
  readonly meanDifference: number;
  /** The ends of the interval of the difference. */
  readonly low: number;
  readonly high: number;
  /**
   * Twice the share of the draws in which the difference has the other sign or is zero, at most 1: read
   * it like a two-sided p-value. Never below 2 / (samples + 1), for more draws could find one.
   */
  readonly share: number;
}

/**
 * Compares two systems by their values on the same queries: the queries are drawn again and again, and
 * the difference of the means with them. Pairing takes out that some queries are hard for both.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Sakai, SIGIR 2006.
 *
 * @param first values of one system, one per query
 * @param second values of the other, on the same queries in the same order
 * @throws BitryoshkaError `dimension-mismatch`, `empty-input`, `not-finite` or `invalid-option`
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: BootstrapOptions = {},
): PairedDifference {
  const { samples, confidence, seed } = bootstrapOptions(options);
  checkPaired(first, second, 1);
  const differences = Float64Array.from(first, (value, i) => value - second[i]);
  const means = bootstrapMeans(differences, samples, seed);
  const tail = (1 - confidence) / 2;
  return {
    meanDifference: mean(differences),
    low: sortedQuantile(means, tail),
    high: sortedQuantile(means, 1 - tail),
    share: otherSign(means),
  };
}

function otherSign(means: Float64Array): number {
  let notAbove = 0;
  let notBelow = 0;
  for (const value of means) {
    if (value <= 0) notAbove++;
    if (value >= 0) notBelow++;
  }
  return Math.min(1, (2 * (1 + Math.min(notAbove, notBelow))) / (means.length + 1));
}
