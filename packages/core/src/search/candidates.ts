import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';

/**
 * Places of codes and how good they are. The place of slot `s` in segment `i` is `i * 65536 + s`, so that
 * lower places were written earlier.
 */
export interface Candidates {
  readonly places: Float64Array;
  /** Higher is better. */
  readonly scores: Float64Array;
}

/** Scores the slots of a segment. */
export type SlotScorer<Content> = (content: Content, slots: Uint32Array) => ArrayLike<number>;

/** Scores places segment by segment, in one call for each. */
export function scorePlaces<Content>(
  segments: readonly Segment<Content>[],
  places: Float64Array,
  score: SlotScorer<Content>,
): Float64Array {
  const scores = new Float64Array(places.length);
  const counts = new Uint32Array(segments.length);
  for (let i = 0; i < places.length; i++) counts[Math.floor(places[i] / segmentSlots)]++;
  const slots = Array.from(counts, (count) => new Uint32Array(count));
  const origins = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let i = 0; i < places.length; i++) {
    const ordinal = Math.floor(places[i] / segmentSlots);
    const at = counts[ordinal]++;
    slots[ordinal][at] = places[i] % segmentSlots;
    origins[ordinal][at] = i;
  }
  for (const [ordinal, { content }] of segments.entries()) {
    if (counts[ordinal] === 0) continue;
    const found = score(content, slots[ordinal]);
    for (let i = 0; i < found.length; i++) scores[origins[ordinal][i]] = found[i];
  }
  return scores;
}
