import type { Candidates } from './candidates.ts';

/** Classes of scores that are told apart before anything is compared. */
const classes = 1024;
/** Of one class: more are not sorted by inserting one after the other. */
const mostInserted = 64;

/**
 * The best `count` places, best first; among equals the lower place.
 *
 * Scores are first counted by class: how good the best `count` are, about, follows from that, and so does
 * an order of those that is nearly right.
 */
export function bestCandidates(
  places: Float64Array,
  scores: Float64Array,
  count: number,
): Candidates {
  const items = promising(scores, count);
  const best = {
    places: new Float64Array(Math.min(count, items.length)),
    scores: new Float64Array(Math.min(count, items.length)),
  };
  sort(items, places, scores);
  for (let i = 0; i < best.places.length; i++) {
    best.places[i] = places[items[i]];
    best.scores[i] = scores[items[i]];
  }
  return best;
}

/** Which items may be among the best `count`: all of those and few others, best classes first. */
function promising(scores: Float64Array, count: number): Uint32Array {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < lowest) lowest = scores[i];
    if (scores[i] > highest) highest = scores[i];
  }
  const scale = (classes - 1) / (highest - lowest);
  // All alike, or without end: there are no classes.
  if (!(scale > 0 && scale < Infinity)) return new Uint32Array(scores.length).map((_, i) => i);
  const classOf = new Uint16Array(scores.length);
  const starts = new Uint32Array(classes);
  for (let i = 0; i < scores.length; i++) {
    classOf[i] = (highest - scores[i]) * scale;
    starts[classOf[i]]++;
  }
  let [kept, used] = [0, 0];
  for (; used < classes && kept < count; used++) {
    const size = starts[used];
    starts[used] = kept;
    kept += size;
  }
  const items = new Uint32Array(kept);
  for (let i = 0; i < scores.length; i++) if (classOf[i] < used) items[starts[classOf[i]]++] = i;
  return items;
}

/** Sorts items that are nearly sorted; many that are not, another way. */
function sort(items: Uint32Array, places: Float64Array, scores: Float64Array): void {
  const isBefore = (a: number, b: number) =>
    scores[a] > scores[b] || (scores[a] === scores[b] && places[a] < places[b]);
  for (let i = 1; i < items.length; i++) {
    const item = items[i];
    const end = Math.max(0, i - mostInserted);
    let at = i;
    for (; at > end && isBefore(item, items[at - 1]); at--) items[at] = items[at - 1];
    items[at] = item;
    if (at > 0 && at === end && isBefore(item, items[at - 1])) {
      items.sort((a, b) => (isBefore(a, b) ? -1 : Number(isBefore(b, a))));
      return;
    }
  }
}
