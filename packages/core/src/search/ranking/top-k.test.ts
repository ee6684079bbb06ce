import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TopK } from './top-k.ts';

it('keeps what sorting all of them would put first', () => {
  const offers = fc.array(fc.integer({ min: -3, max: 3 }));
  fc.assert(
    fc.property(offers, fc.integer({ min: 0, max: 12 }), fc.boolean(), (scores, k, backwards) => {
      const all = scores.map((score, row) => ({ row, score }));
      const top = new TopK(k);
      for (const { row, score } of backwards ? all.toReversed() : all) top.offer(row, score);
      const expected = all.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, k);
      expect(top.rows()).toEqual(expected);
      if (k > 0) expect(top.lowest).toBe(scores.length < k ? -Infinity : expected[k - 1].score);
    }),
  );
});
