import { describe, expect, it } from 'vitest';
import { ndcg } from './ndcg.ts';

describe('ndcg', () => {
  const relevance = new Map([
    ['a', 3],
    ['b', 2],
    ['c', 3],
    ['d', 0],
    ['e', 1],
    ['f', 2],
  ]);

  it('is the textbook value', () => {
    // DCG 3 + 2/1.585 + 3/2 + 0 + 1/2.585 + 2/2.807 against IDCG 3 + 3/1.585 + 2/2 + 2/2.322 + 1/2.585.
    expect(ndcg(['a', 'b', 'c', 'd', 'e', 'f'], relevance, 6)).toBeCloseTo(0.961, 3);
  });

  it('is 1 for a perfect ranking, 0 for none, and cut at k', () => {
    expect(ndcg(['c', 'a', 'b', 'f', 'e'], relevance, 5)).toBe(1);
    expect(ndcg(['x', 'y'], relevance, 10)).toBe(0);
    expect(ndcg(['x', 'a'], relevance, 1)).toBe(0);
    expect(ndcg(['a'], relevance, 1)).toBe(1);
    expect(ndcg(['a'], new Map(), 10)).toBe(0);
  });

  it('counts grades below 0 as none', () => {
    expect(
      ndcg(
        ['x', 'a'],
        new Map([
          ['a', 1],
          ['x', -2],
        ]),
        2,
      ),
    ).toBeCloseTo(1 / Math.log2(3), 12);
  });
});
