import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pearson } from './pearson.ts';
import { averageRanks, spearman } from './spearman.ts';

const first = [1, 2, 2, 3, 5, 5, 5, -4, 0.5, 10];
const second = [2, 1, 3, 3, 9, 4, 4, 0, 0, 0];

describe('averageRanks', () => {
  it('shares ranks among equals', () => {
    expect([...averageRanks(first)]).toEqual([3, 4.5, 4.5, 6, 8, 8, 8, 1, 2, 10]);
    expect([...averageRanks([])]).toEqual([]);
  });
});

describe('correlations', () => {
  it('are those of scipy 1.x', () => {
    expect(pearson(first, second)).toBeCloseTo(0.29857577840752325, 14);
    expect(spearman(first, second)).toBeCloseTo(0.5109742974988102, 14);
  });

  it('are 1 and -1 at the ends, and Spearman asks for the order only', () => {
    const numbers = [1, 2, 3, 4, 5];
    const cubes = numbers.map((value) => value ** 3);
    expect(pearson(numbers, numbers)).toBe(1);
    expect(pearson(numbers, cubes)).toBeLessThan(0.95);
    expect(spearman(numbers, cubes)).toBe(1);
    expect(spearman(numbers, [...cubes].reverse())).toBe(-1);
  });

  it('are the same the other way round, and stay in range', () => {
    const value = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2 }), (pairs) => {
        const x = pairs.map(([a]) => a / 3);
        const y = pairs.map(([, b]) => b / 7);
        const defined = new Set(x).size > 1 && new Set(y).size > 1;
        for (const correlation of [pearson, spearman]) {
          const forth = correlation(x, y);
          expect(Math.abs(forth) <= 1).toBe(defined);
          if (defined) expect(correlation(y, x)).toBeCloseTo(forth, 12);
          else expect(correlation(y, x)).toBeNaN();
        }
      }),
    );
  });

  it('are not defined for a constant', () => {
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN();
    expect(spearman([1, 2, 3], [7, 7, 7])).toBeNaN();
  });

  it.each([
    ['lists of different lengths', [1, 2, 3], [1, 2], 'dimension-mismatch'],
    ['one pair', [1], [1], 'empty-input'],
    ['NaN', [1, Number.NaN], [1, 2], 'not-finite'],
    ['infinity in the second', [1, 2], [1, Infinity], 'not-finite'],
  ])('refuse %s', (_what, x, y, code) => {
    expect(() => pearson(x, y)).toThrow(expect.objectContaining({ code }));
    expect(() => spearman(x, y)).toThrow(expect.objectContaining({ code }));
  });
});
