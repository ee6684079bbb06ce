import { bestCandidates } from './best-candidates.ts';
import type { Candidates } from './candidates.ts';
import { segmentSlots } from './segment-rows.ts';

/** Slots of a segment. */
export interface FoundSlots {
  readonly ordinal: number;
  readonly slots: Uint32Array;
}

/** Scored slots of a segment. */
export interface ScoredSlots extends FoundSlots {
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
  const { highest, scale, used, kept } = classify(groups, count);
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

/** The same by segment, without their order: only what is in the last of the classes has to be compared. */
export function keepBestSlots(groups: readonly ScoredSlots[], count: number): FoundSlots[] {
  const classified = classify(groups, count);
  const { highest, scale, used, kept } = classified;
  const last = used - 1;
  const wanted = Math.min(kept, count);
  // What the worst that are kept are, where not all of the last class are.
  let [farthest, lowest] = [Infinity, -Infinity];
  if (kept > wanted) {
    const ofLast = wanted - (kept - sizes[last]);
    [farthest, lowest] = worstOfBest(groups, classified, ofLast);
  }
  const all = new Uint32Array(wanted);
  let end = 0;
  return groups.map(({ ordinal, slots, scores }) => {
    const start = end;
    const before = ordinal * segmentSlots;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i];
      const classOf = ((highest - score) * scale) | 0;
      if (classOf > last) continue;
      if (classOf === last && score <= lowest) {
        if (score < lowest || before + slots[i] > farthest) continue;
      }
      all[end++] = slots[i];
    }
    return { ordinal, slots: all.subarray(start, end) };
  });
}

interface ScoreClasses {
  /** A score is of class `(highest - score) * scale`, rounded down. */
  readonly highest: number;
  readonly scale: number;
  /** How many classes, the best first, hold what is wanted, */
  readonly used: number;
  /** and how many slots these hold. */
  readonly kept: number;
}

function classify(groups: readonly ScoredSlots[], count: number): ScoreClasses {
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
  return { highest, scale, used, kept };
}

/** Of the last class that is used, the place and the score of the `count`-th best. */
function worstOfBest(
  groups: readonly ScoredSlots[],
  { highest, scale, used }: ScoreClasses,
  count: number,
): readonly [place: number, score: number] {
  const items: (readonly [place: number, score: number])[] = [];
  for (const { ordinal, slots, scores } of groups) {
    for (let i = 0; i < scores.length; i++) {
      if ((((highest - scores[i]) * scale) | 0) !== used - 1) continue;
      items.push([ordinal * segmentSlots + slots[i], scores[i]]);
    }
  }
  items.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return items[count - 1];
}
