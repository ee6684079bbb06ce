import type { FoundSlots } from '../rows/segment-rows.ts';
import { segmentSlots } from '../rows/segment-rows.ts';

/** Slots that were found in a segment, and how good they are: higher is better. */
export interface ScoredSlots extends FoundSlots {
  readonly scores: Float32Array | Float64Array;
}

/** Classes of scores that are told apart. */
const classes = 1024;
const sizes = new Uint32Array(classes);

/**
 * The best `count` of slots by segment, without their order; among equals those of lower places. They are told apart
 * by the class of their score: only what is in the last of the classes has to be compared.
 */
export function keepBest(groups: readonly ScoredSlots[], count: number): ScoredSlots[] {
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
  const all = { slots: new Uint32Array(wanted), scores: new Float64Array(wanted) };
  let end = 0;
  return groups.map(({ segment, slots, scores }) => {
    const start = end;
    const before = segment * segmentSlots;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i];
      const classOf = ((highest - score) * scale) | 0;
      if (classOf > last) continue;
      if (classOf === last && score <= lowest) {
        if (score < lowest || before + slots[i] > farthest) continue;
      }
      all.slots[end] = slots[i];
      all.scores[end++] = score;
    }
    return {
      segment,
      slots: all.slots.subarray(start, end),
      scores: all.scores.subarray(start, end),
    };
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
  for (const { segment, slots, scores } of groups) {
    for (let i = 0; i < scores.length; i++) {
      if ((((highest - scores[i]) * scale) | 0) !== used - 1) continue;
      items.push([segment * segmentSlots + slots[i], scores[i]]);
    }
  }
  items.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return items[count - 1];
}
