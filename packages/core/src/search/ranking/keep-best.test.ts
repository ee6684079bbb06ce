import fc from 'fast-check';
import { expect, it } from 'vitest';
import { segmentSlots } from '../rows/segment-rows.ts';
import type { ScoredSlots } from './keep-best.ts';
import { keepBest } from './keep-best.ts';

it('keeps what sorting all segments would put first', () => {
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
          segment: 2 * i,
          slots: Uint32Array.from(scores, (_, j) => (j * 7919) % 65_521),
          scores: Float32Array.from(scores),
        }));
        const placesOf = ({ segment, slots, scores }: ScoredSlots) =>
          Array.from(slots, (slot, i) => [segment * segmentSlots + slot, scores[i]] as const);
        const expected = groups
          .flatMap(placesOf)
          .sort((a, b) => b[1] - a[1] || a[0] - b[0])
          .slice(0, count);
        const kept = keepBest(groups, count);
        expect(kept.map(({ segment }) => segment)).toEqual(groups.map(({ segment }) => segment));
        const byPlace = (a: readonly number[], b: readonly number[]) => a[0] - b[0];
        expect(kept.flatMap(placesOf).sort(byPlace)).toEqual(expected.sort(byPlace));
      },
    ),
  );
});
