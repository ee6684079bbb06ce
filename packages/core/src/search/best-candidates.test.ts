import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestCandidates } from './best-candidates.ts';

it('keeps what sorting all would put first', () => {
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(fc.array(score, { maxLength: 300 }), fc.nat(320), (scores, count) => {
      const places = Float64Array.from(scores, (_, i) => (i * 7919) % 100_003);
      const expected = scores
        .map((value, i) => ({ value, place: places[i] as number }))
        .sort((a, b) => compare(b.value, a.value) || a.place - b.place)
        .slice(0, count);
      const best = bestCandidates(places, Float64Array.from(scores), count);
      expect([...best.places]).toEqual(expected.map(({ place }) => place));
      expect([...best.scores]).toEqual(expected.map(({ value }) => value));
    }),
  );
});

/** Also where the difference of two infinities is none. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
