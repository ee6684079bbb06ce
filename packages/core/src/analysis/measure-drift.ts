import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { negligibleVariance } from './negligible-variance.ts';
import type { QuantileSummary } from './quantile-summary.ts';
import { cumulativeShare } from './quantile-summary.ts';
import type { DimensionStatistics, VectorStatistics } from './vector-statistics.ts';

export interface DriftOptions {
  /** Intervals of equal share that the reference is divided into, for the PSI. Default: 10. */
  readonly bins?: number;
  /** How many of the dimensions that changed most are named. Default: 10. */
  readonly worst?: number;
}

/** What is to be done: nothing, look again soon, or fit the quantizer again. */
export type DriftRecommendation = 'none' | 'watch' | 'refit';

/** How one dimension changed. */
export interface DimensionDrift {
  readonly dimension: number;
  /** Population stability index: 0 for the same distribution, without an upper limit. */
  readonly stabilityIndex: number;
  /** Kolmogorov–Smirnov statistic, from 0 to 1: the largest difference of the cumulative shares. */
  readonly kolmogorovSmirnov: number;
  /** How much larger the share above the reference's threshold has become, from -1 to 1. */
  readonly balanceChange: number;
}

/** How far vectors have moved from others. */
export interface Drift {
  /**
   * Mean stability index of the dimensions that carry something, less what two samples of one
   * distribution would show by chance, but not below 0.
   */
  readonly score: number;
  /** `none` below 0.1, `watch` below 0.25, else `refit`. */
  readonly recommendation: DriftRecommendation;
  /** Every dimension, in order. */
  readonly dimensions: readonly DimensionDrift[];
  /** Those that carry something and have the largest stability index, the worst first. */
  readonly worst: readonly DimensionDrift[];
}

/**
 * Compares the distributions of every dimension, from their statistics alone.
 *
 * The population stability index (PSI) is `Σ (c - r) ln(c / r)` over the intervals, with the shares
 * `r` of the reference and `c` of the current vectors; a share counts as half a vector at least. Two
 * samples of n and m vectors of one distribution have a mean PSI of about `(bins - 1)(1/n + 1/m)`,
 * which the score leaves out. Source of this and of the limits 0.1 and 0.25: Yurdakul, "Statistical
 * properties of population stability index" (2018). Dimensions carry something when their variance, or
 * the square of their mean's change, is above a millionth of the mean variance.
 *
 * @param reference statistics of the vectors that a quantizer was fitted on
 * @param current statistics of the vectors it is used for now
 * @throws BitryoshkaError `dimension-mismatch`, or `invalid-option` for other thresholds and for
 *   impossible options
 */
export function measureDrift(
  reference: VectorStatistics,
  current: VectorStatistics,
  options: DriftOptions = {},
): Drift {
  const { bins = 10, worst = 10 } = options;
  checkOptions(bins, worst);
  checkComparable(reference, current);
  const dimensions = reference.dimensions.map((before, dimension) => {
    const now = current.dimensions[dimension];
    const r = { probabilities: reference.probabilities, quantiles: before.quantiles };
    const c = { probabilities: current.probabilities, quantiles: now.quantiles };
    const leastShares = [0.5 / reference.sampled, 0.5 / current.sampled] as const;
    return {
      dimension,
      stabilityIndex: stabilityIndex(r, c, { bins, leastShares }),
      kolmogorovSmirnov: kolmogorovSmirnov(r, c),
      balanceChange: now.shareAboveThreshold - before.shareAboveThreshold,
    };
  });
  const carrying = dimensions.filter(carries(reference, current));
  const mean =
    carrying.reduce((sum, { stabilityIndex: psi }) => sum + psi, 0) / Math.max(1, carrying.length);
  const chance = (bins - 1) * (1 / reference.sampled + 1 / current.sampled);
  const score = Math.max(0, mean - chance);
  return {
    score,
    recommendation: recommendFor(score),
    dimensions,
    worst: carrying.sort((a, b) => b.stabilityIndex - a.stabilityIndex).slice(0, worst),
  };
}

function carries(
  reference: VectorStatistics,
  current: VectorStatistics,
): (drift: DimensionDrift) => boolean {
  const [negligible, negligibleNow] = [reference, current].map(({ dimensions }) =>
    negligibleVariance(dimensions.map(({ variance }) => variance)),
  );
  return ({ dimension }) => {
    const before = reference.dimensions[dimension];
    const now = current.dimensions[dimension];
    const largest = Math.max(before.variance, now.variance, (now.mean - before.mean) ** 2);
    return largest > Math.max(negligible, negligibleNow);
  };
}

/** What is to be done about a score. */
export function recommendFor(score: number): DriftRecommendation {
  if (score < 0.1) return 'none';
  return score < 0.25 ? 'watch' : 'refit';
}

interface StabilityOptions {
  readonly bins: number;
  /** Of the reference and of the current distribution: no logarithm of zero. */
  readonly leastShares: readonly [number, number];
}

function stabilityIndex(
  reference: QuantileSummary,
  current: QuantileSummary,
  { bins, leastShares }: StabilityOptions,
): number {
  let sum = 0;
  let [referenceBelow, currentBelow] = [0, 0];
  for (let bin = 1; bin <= bins; bin++) {
    // The last interval has no end, so that it takes what is beyond the reference's maximum.
    const end = bin === bins ? Number.POSITIVE_INFINITY : valueAt(reference, bin / bins);
    const referenceUpTo = cumulativeShare(reference, end);
    const currentUpTo = cumulativeShare(current, end);
    const r = Math.max(leastShares[0], referenceUpTo - referenceBelow);
    const c = Math.max(leastShares[1], currentUpTo - currentBelow);
    // An interval between two equal quantiles is empty on both sides.
    if (referenceUpTo > referenceBelow || currentUpTo > currentBelow) {
      sum += (c - r) * Math.log(c / r);
    }
    [referenceBelow, currentBelow] = [referenceUpTo, currentUpTo];
  }
  return sum;
}

function valueAt({ probabilities, quantiles }: QuantileSummary, probability: number): number {
  const above = Math.max(
    1,
    probabilities.findIndex((p) => p >= probability),
  );
  const [low, high] = [probabilities[above - 1], probabilities[above]];
  const part = (probability - low) / (high - low);
  return quantiles[above - 1] + part * (quantiles[above] - quantiles[above - 1]);
}

/** Both shares are linear or step at the quantiles only, so the largest difference is at one of them. */
function kolmogorovSmirnov(reference: QuantileSummary, current: QuantileSummary): number {
  let largest = 0;
  for (const { quantiles } of [reference, current]) {
    for (const value of quantiles) {
      for (const inclusive of [true, false]) {
        const difference =
          cumulativeShare(reference, value, inclusive) - cumulativeShare(current, value, inclusive);
        largest = Math.max(largest, Math.abs(difference));
      }
    }
  }
  return largest;
}

function checkOptions(bins: number, worst: number): void {
  for (const [name, value, least] of [
    ['bins', bins, 2],
    ['worst', worst, 0],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${name}: got ${value}, expected a whole number from ${least} up.`,
      remedy: `Choose another ${name}.`,
    });
  }
}

function checkComparable(reference: VectorStatistics, current: VectorStatistics): void {
  if (current.dimensions.length !== reference.dimensions.length) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `current: got ${current.dimensions.length} dimensions, expected ${reference.dimensions.length} as in the reference.`,
      remedy: 'Compare vectors of one model and one dimension.',
    });
  }
  const other = current.dimensions.findIndex(
    ({ threshold }: DimensionStatistics, j) => threshold !== reference.dimensions[j].threshold,
  );
  if (other < 0) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `current: got threshold ${current.dimensions[other].threshold} at dimension ${other}, expected ${reference.dimensions[other].threshold} as in the reference.`,
    remedy: 'Analyze both with the same thresholds.',
  });
}
