import { describe, expect, it } from 'vitest';
import { cumulativeShare, quantilesOf } from './quantile-summary.ts';

describe('quantilesOf', () => {
  it('interpolates between the nearest values', () => {
    expect(quantilesOf([1, 2, 4, 8], [0, 0.5, 2 / 3, 1])).toEqual([1, 3, 4, 8]);
    expect(quantilesOf([5], [0, 0.3, 1])).toEqual([5, 5, 5]);
  });
});

describe('cumulativeShare', () => {
  // A tenth is below 2, half of all is 2, and the rest lies evenly up to 6.
  const summary = { probabilities: [0, 0.1, 0.6, 1], quantiles: [1, 2, 2, 6] };

  it.each([
    [0, 0, 0],
    [1, 0, 0],
    [1.5, 0.05, 0.05],
    [2, 0.1, 0.6],
    [4, 0.8, 0.8],
    [6, 1, 1],
    [Number.POSITIVE_INFINITY, 1, 1],
  ])('of %d is %d without it and %d with it', (value, without, inclusive) => {
    expect(cumulativeShare(summary, value, false)).toBeCloseTo(without, 12);
    expect(cumulativeShare(summary, value)).toBeCloseTo(inclusive, 12);
  });

  it('steps at a constant', () => {
    const constant = { probabilities: [0, 0.5, 1], quantiles: [3, 3, 3] };
    expect([2, 3, 4].map((value) => cumulativeShare(constant, value))).toEqual([0, 1, 1]);
    expect([2, 3, 4].map((value) => cumulativeShare(constant, value, false))).toEqual([0, 0, 1]);
  });
});
