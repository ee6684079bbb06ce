import type { ScoredRow } from '@bitryoshka/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from './fusion.ts';

const scored = (scores: readonly number[]): ScoredRow[] =>
  scores.map((score, row) => ({ row, score }));
const rowsOf = (found: readonly ScoredRow[]) => found.map(({ row }) => row);

const cosines = scored([0.9, 0.5, 0.4, 0.1]);
const words = {
  found: [
    { row: 3, score: 12 },
    { row: 1, score: 4 },
  ],
  otherwise: 0,
};

describe('fusion', () => {
  it('is what either side says alone, at the ends', () => {
    expect(rowsOf(fuse(cosines, words, 1))).toEqual([0, 1, 2, 3]);
    expect(fuse(cosines, words, 1)).toEqual(cosines);
    // Among those that words do not tell apart, the closer one.
    expect(rowsOf(fuse(cosines, words, 0))).toEqual([3, 1, 0, 2]);
  });

  it('puts first what both like', () => {
    const both = {
      found: [
        { row: 1, score: 5 },
        { row: 3, score: 4 },
      ],
      otherwise: 0,
    };
    expect(rowsOf(fuse(scored([0.6, 0.59, 0.1, 0]), both, 0.5))[0]).toBe(1);
  });

  it('takes rows that no word found for as good as the worst that might have been', () => {
    const full = { found: [{ row: 3, score: 12 }], otherwise: 12 };
    expect(fuse(cosines, full, 0.5)).toEqual(fuse(cosines, { found: [], otherwise: 0 }, 0.5));
  });

  it('gives the best row the highest cosine, and the last one the lowest', () => {
    const fused = fuse(cosines, words, 0.3);
    expect(fused[0]).toEqual({ row: 3, score: 0.9 });
    expect(fused.at(-1)).toEqual({ row: 2, score: 0.1 });
  });

  it('copes with many rows', () => {
    const many = scored(Array.from({ length: 300_000 }, (_, i) => 1 / (i + 1)));
    expect(fuse(many, { found: [{ row: 9, score: 1 }], otherwise: 0 }, 0.5)[0]?.row).toBe(9);
  });

  it('leaves cosines alone where words tell nothing', () => {
    const found = scored([3, 3, 3, 3]);
    for (const nothing of [
      { found: [], otherwise: 0 },
      { found, otherwise: 0 },
    ]) {
      for (const alpha of [0, 0.5, 1]) expect(fuse(cosines, nothing, alpha)).toEqual(cosines);
    }
    expect(fuse([], words, 0.5)).toEqual([]);
    expect(fuse(scored([0.3]), { found: scored([7]), otherwise: 0 }, 0.5)).toEqual(scored([0.3]));
  });

  it('orders by words where vectors tell nothing', () => {
    expect(rowsOf(fuse(scored([0.2, 0.2, 0.2, 0.2]), words, 0.5))).toEqual([3, 1, 0, 2]);
  });

  const score = fc.double({ min: 0, max: 50, noNaN: true });
  const cosine = fc.double({ min: -1, max: 1, noNaN: true });
  const alpha = fc.double({ min: 0, max: 1, noNaN: true });

  it('spreads rows over the range of the cosines, in their order, each of them once', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cosine, score), { minLength: 1 }), alpha, (pairs, weight) => {
        const given = scored(pairs.map(([value]) => value));
        const found = scored(pairs.map(([, value]) => value)).filter((_, i) => i % 3 !== 0);
        const fused = fuse(given, { found, otherwise: 0 }, weight);
        expect(rowsOf(fused).sort((a, b) => a - b)).toEqual(rowsOf(given));
        for (const [i, { score: value }] of fused.entries()) {
          expect(value).toBeLessThanOrEqual(Math.max(...given.map((row) => row.score)) + 1e-9);
          expect(value).toBeGreaterThanOrEqual(Math.min(...given.map((row) => row.score)) - 1e-9);
          if (i > 0) expect(value).toBeLessThanOrEqual((fused[i - 1]?.score ?? 0) + 1e-9);
        }
      }),
    );
  });

  it('does not mind the scale of the words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cosine, fc.nat(9)), { minLength: 2 }),
        alpha,
        (pairs, weight) => {
          const given = scored(pairs.map(([value]) => value));
          const [once, again] = [1, 8].map((times) =>
            fuse(
              given,
              { found: scored(pairs.map(([, value]) => times * value)), otherwise: 0 },
              weight,
            ),
          );
          expect(rowsOf(again ?? [])).toEqual(rowsOf(once ?? []));
        },
      ),
    );
  });
});
