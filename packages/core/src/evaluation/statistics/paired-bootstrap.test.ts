import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { bootstrapInterval } from './bootstrap-interval.ts';
import { mean } from './mean.ts';
import { pairedBootstrap } from './paired-bootstrap.ts';
import { sortedQuantile } from './sorted-quantile.ts';

const random = seededRandom(8);
const count = 400;
/** Some queries are hard for both systems, so the values go together. */
const hardness = Float64Array.from({ length: count }, () => gaussian(random));
const better = hardness.map((value) => value + 0.1 + 0.3 * gaussian(random));
const worse = hardness.map((value) => value + 0.3 * gaussian(random));

describe('bootstrapInterval', () => {
  it('agrees with the normal approximation', () => {
    const { mean: middle, low, high } = bootstrapInterval(hardness, { samples: 20_000 });
    expect(middle).toBe(mean(hardness));
    const half = 1.96 * standardError(hardness);
    expect(low).toBeCloseTo(middle - half, 2);
    expect(high).toBeCloseTo(middle + half, 2);
  });

  it('is wider with more confidence, a point for equal values, and the same by seed', () => {
    const half = bootstrapInterval(hardness, { confidence: 0.5 });
    const most = bootstrapInterval(hardness, { confidence: 0.99 });
    expect(most.high - most.low).toBeGreaterThan(3 * (half.high - half.low));
    expect(bootstrapInterval([2, 2, 2])).toEqual({ mean: 2, low: 2, high: 2 });
    expect(bootstrapInterval([3])).toEqual({ mean: 3, low: 3, high: 3 });
    expect(bootstrapInterval(hardness, { seed: 5 })).toEqual(
      bootstrapInterval(hardness, { seed: 5 }),
    );
    expect(bootstrapInterval(hardness, { seed: 5 })).not.toEqual(bootstrapInterval(hardness));
  });

  it.each([
    [[], {}, 'empty-input'],
    [[1, Number.NaN], {}, 'not-finite'],
    [[1], { samples: 0 }, 'invalid-option'],
    [[1], { confidence: 95 }, 'invalid-option'],
    [[1], { confidence: Number.NaN }, 'invalid-option'],
  ])('refuses %o with %o', (values, options, code) => {
    expect(() => bootstrapInterval(values, options)).toThrow(expect.objectContaining({ code }));
  });
});

describe('pairedBootstrap', () => {
  it('agrees with the normal approximation of the differences', () => {
    const differences = better.map((value, i) => value - worse[i]);
    const found = pairedBootstrap(better, worse, { samples: 20_000 });
    expect(found.meanDifference).toBeCloseTo(mean(better) - mean(worse), 12);
    const half = 1.96 * standardError(differences);
    expect(found.low).toBeCloseTo(found.meanDifference - half, 2);
    expect(found.high).toBeCloseTo(found.meanDifference + half, 2);
  });

  it('finds a difference that is small beside the spread of the queries', () => {
    const found = pairedBootstrap(better, worse);
    expect(found.low).toBeGreaterThan(0);
    expect(found.share).toBeLessThan(0.01);
    expect(found.share).toBeGreaterThanOrEqual(2 / 2001);
    const back = pairedBootstrap(worse, better);
    expect(back.meanDifference).toBe(-found.meanDifference);
    expect(back.high).toBeCloseTo(-found.low, 12);
  });

  it('has a share near the two-sided p-value where the difference is doubtful', () => {
    const shift = 1.2 * standardError(hardness) - mean(hardness);
    const shifted = hardness.map((value) => value + shift);
    const { share } = pairedBootstrap(shifted, new Float64Array(count), { samples: 20_000 });
    // 2 * (1 - normal distribution at 1.2)
    expect(share).toBeCloseTo(0.23, 1);
  });

  it('finds none between equal systems', () => {
    expect(pairedBootstrap(better, better)).toEqual({
      meanDifference: 0,
      low: 0,
      high: 0,
      share: 1,
    });
  });

  it('refuses values of other queries', () => {
    expect(() => pairedBootstrap([1, 2], [1])).toThrow(
      expect.objectContaining({ code: 'dimension-mismatch' }),
    );
    expect(() => pairedBootstrap([], [])).toThrow(expect.objectContaining({ code: 'empty-input' }));
  });
});

describe('sortedQuantile', () => {
  it('interpolates', () => {
    const sorted = Float64Array.of(1, 2, 4);
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => sortedQuantile(sorted, share))).toEqual([
      1, 1.5, 2, 3, 4,
    ]);
  });
});

function standardError(values: Float64Array): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
