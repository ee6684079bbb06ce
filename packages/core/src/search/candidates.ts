import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';
import type { ScoredRow } from './top-rows.ts';
import { TopRows } from './top-rows.ts';

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

/**
 * Scores places segment by segment, in one call for each.
 *
 * @param slotsPerSegment what places are counted by
 */
export function scorePlaces<Content>(
  segments: readonly Pick<Segment<Content>, 'content'>[],
  places: Float64Array,
  score: SlotScorer<Content>,
  slotsPerSegment: number = segmentSlots,
): Float64Array {
  const scores = new Float64Array(places.length);
  const counts = new Uint32Array(segments.length);
  for (let i = 0; i < places.length; i++) counts[Math.floor(places[i] / slotsPerSegment)]++;
  const slots = Array.from(counts, (count) => new Uint32Array(count));
  const origins = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let i = 0; i < places.length; i++) {
    const ordinal = Math.floor(places[i] / slotsPerSegment);
    const at = counts[ordinal]++;
    slots[ordinal][at] = places[i] % slotsPerSegment;
    origins[ordinal][at] = i;
  }
  for (const [ordinal, { content }] of segments.entries()) {
    if (counts[ordinal] === 0) continue;
    const found = score(content, slots[ordinal]);
    for (let i = 0; i < found.length; i++) scores[origins[ordinal][i]] = found[i];
  }
  return scores;
}

/** The best `count` places, best first; among equals the lower place. */
export function bestCandidates(
  places: Float64Array,
  scores: Float64Array,
  count: number,
): Candidates {
  const top = new TopRows(count);
  for (let i = 0; i < places.length; i++) top.offer(places[i], scores[i]);
  const rows = top.rows();
  return {
    places: Float64Array.from(rows, ({ row }) => row),
    scores: Float64Array.from(rows, ({ score }) => score),
  };
}

/** The rows at the candidates' places. */
export function scoredRows(
  segments: readonly Pick<Segment<unknown>, 'rows'>[],
  { places, scores }: Candidates,
): ScoredRow[] {
  return Array.from(places, (place, i) => ({
    row: segments[Math.floor(place / segmentSlots)].rows.rowAt(place % segmentSlots),
    score: scores[i],
  }));
}
