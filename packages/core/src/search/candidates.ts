import { groupScores } from './group-scores.ts';
import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';
import type { ScoredRow } from './top-rows.ts';

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
 * @param slotsPerSegment what places are counted by: a power of two
 */
export function scorePlaces<Content>(
  segments: readonly Pick<Segment<Content>, 'content'>[],
  places: Float64Array,
  score: SlotScorer<Content>,
  slotsPerSegment: number = segmentSlots,
): Float64Array {
  const ordinals = new Uint32Array(places.length);
  const slots = new Uint32Array(places.length);
  // Exact, and far quicker than a division with its rest.
  const inverse = 1 / slotsPerSegment;
  for (let i = 0; i < places.length; i++) {
    const ordinal = Math.floor(places[i] * inverse);
    ordinals[i] = ordinal;
    slots[i] = places[i] - ordinal * slotsPerSegment;
  }
  return groupScores(segments.length, ordinals, slots, (ordinal, ofSegment) =>
    score(segments[ordinal].content, ofSegment),
  );
}

/** The rows at the candidates' places. */
export function scoredRows(
  segments: readonly Pick<Segment<unknown>, 'rows'>[],
  { places, scores }: Candidates,
): ScoredRow[] {
  const rows: ScoredRow[] = [];
  for (let i = 0; i < places.length; i++) {
    const ordinal = Math.floor(places[i] / segmentSlots);
    const slot = places[i] - ordinal * segmentSlots;
    rows.push({ row: segments[ordinal].rows.rowAt(slot), score: scores[i] });
  }
  return rows;
}
