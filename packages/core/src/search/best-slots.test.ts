import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestCandidates } from './best-candidates.ts';
import { bestSlots, keepBestSlots } from './best-slots.ts';
import { segmentSlots } from './segment-rows.ts';

it('keeps the best of all segments', () => {
  const score = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(score, { maxLength: 200 }), { maxLength: 3 }),
      fc.nat(320),
      (segments, count) => {
        const groups = segments.map((scores, i) => ({
          ordinal: 2 * i,
          slots: Uint32Array.from(scores, (_, j) => (j * 7919) % 65_521),
          scores: Float32Array.from(scores),
        }));
        const places = groups.flatMap(({ ordinal, slots }) =>
          [...slots].map((slot) => ordinal * segmentSlots + slot),
        );
        const scores = groups.flatMap((group) => [...group.scores]);
        const best = bestCandidates(Float64Array.from(places), Float64Array.from(scores), count);
        expect(bestSlots(groups, count)).toEqual(best);
        const kept = keepBestSlots(groups, count);
        expect(kept.map(({ ordinal }) => ordinal)).toEqual(groups.map(({ ordinal }) => ordinal));
        expect(
          kept
            .flatMap(({ ordinal, slots }) => [...slots].map((s) => ordinal * segmentSlots + s))
            .sort((a, b) => a - b),
        ).toEqual([...best.places].sort((a, b) => a - b));
      },
    ),
  );
});
