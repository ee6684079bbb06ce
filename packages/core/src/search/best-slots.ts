import { bestCandidates } from './best-candidates.ts';
import type { Candidates } from './candidates.ts';
import { segmentSlots } from './segment-rows.ts';

/** Scored slots of a segment. */
export interface ScoredSlots {
  readonly ordinal: number;
  readonly slots: Uint32Array;
  readonly scores: Float32Array;
}

/** Classes of scores that are told apart. */
const classes = 1024;
const sizes = new Uint32Array(classes);

/**
 * The best `count` of slots that are grouped by segment, best first; among equals the lower place. All but
 * few are left out by the class of their score alone.
 */
export function bestSlots(groups: readonly ScoredSlots[], count: number): Candidates {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const { scores } of groups) {
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i];
      if (score < lowest) lowest = score;
      if (score > highest) highest = score;
    }
  }
  // Without a scale, all are of the first class.
  const scale = Math.min((classes - 1) / (highest - lowest), Number.MAX_VALUE) || 0;
  sizes.fill(0);
  for (const { scores } of groups) {
    for (let i = 0; i < scores.length; i++) sizes[((highest - scores[i]) * scale) | 0]++;
  }
  let [kept, used] = [0, 0];
  while (used < classes && kept < count) kept += sizes[used++];
  const places = new Float64Array(kept);
  const best = new Float64Array(kept);
  let at = 0;
  for (const { ordinal, slots, scores } of groups) {
    const start = ordinal * segmentSlots;
    for (let i = 0; i < scores.length; i++) {
      if ((((highest - scores[i]) * scale) | 0) >= used) continue;
      places[at] = start + slots[i];
      best[at++] = scores[i];
    }
  }
  return bestCandidates(places, best, count);
}
