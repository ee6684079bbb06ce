// The k smallest of many distances that come in the order of their rows; ties by row.
//
// A histogram of the distances seen so far gives the bound that a row must get below to matter: the
// k-th smallest distance. Most rows of a long scan fail that one comparison and cost nothing more.
//
// Memory, laid out by the caller: `histogram` of a counter for each distance and two more; `candidates`
// as (distance, row) pairs with room for 2 * k + 64 of them.

export let bound: u32 = 0; // only distances below it are still of interest
export let below: u32 = 0; // how many candidates are below it: always fewer than k
export let count: u32 = 0;
export let histogram: usize = 0;
let wanted: u32 = 0;
let candidates: usize = 0;

/** Starts, or goes on with what was left: what is given is what was read after it. */
export function collect(
  k: u32, histogramAt: usize, candidatesAt: usize, countSoFar: u32, boundSoFar: u32, belowSoFar: u32,
): void {
  wanted = k;
  histogram = histogramAt;
  candidates = candidatesAt;
  count = countSoFar;
  bound = boundSoFar;
  below = belowSoFar;
}

/** Keeps the k best of the candidates so far, in row order. */
function prune(): void {
  let ties: u32 = wanted - below; // how many candidates *at* the bound still belong to the k best
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const pair = load<u64>(candidates + (i << 3));
    const tied = <u32>(<u32>pair == bound) & <u32>(ties > 0);
    // The next one takes its place unless it is kept.
    store<u64>(candidates + (kept << 3), pair);
    ties -= tied;
    kept += tied | <u32>(<u32>pair < bound);
  }
  count = kept;
}

export function push(distance: u32, row: u32): u32 {
  store<u32>(candidates + (count << 3), distance);
  store<u32>(candidates + (count << 3), row, 4);
  count++;
  const counter = histogram + (distance << 2);
  store<u32>(counter, load<u32>(counter) + 1);
  below++;
  while (below >= wanted) below -= load<u32>(histogram + (--bound << 2));
  if (count == (wanted << 1) + 64) prune();
  return bound;
}

/** Where the next candidate goes. */
@inline
export function nextCandidate(): usize {
  return candidates + (<usize>count << 3);
}

/** Takes up candidates that were written at the end, and counted, all at once: all are below the bound. */
export function took(added: u32): void {
  count += added;
  below += added;
  while (below >= wanted) below -= load<u32>(histogram + (--bound << 2));
  if (count > (wanted << 1) + 64) prune();
}

/** Writes the k best in the order of their rows: all distances first, then all rows. Returns how many. */
export function writeInto(output: usize): u32 {
  if (count > wanted) prune();
  const rows = output + (<usize>count << 2);
  for (let i: usize = 0; i < count; i++) {
    const pair = load<u64>(candidates + (i << 3));
    store<u32>(output + (i << 2), <u32>pair);
    store<u32>(rows + (i << 2), <u32>(pair >> 32));
  }
  return count;
}

/**
 * Writes the k best ordered by distance, then row: a counting sort, as they lie in row order already. All
 * distances first, then all rows. Returns how many.
 */
export function sortInto(output: usize, largest: u32): u32 {
  if (count > wanted) prune();
  const rows = output + (<usize>count << 2);
  let start: u32 = 0;
  memory.fill(histogram, 0, (largest + 2) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const counter = histogram + (load<u32>(candidates + (i << 3)) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  for (let d: u32 = 0; d <= largest; d++) {
    const counter = histogram + (d << 2);
    const size = load<u32>(counter);
    store<u32>(counter, start);
    start += size;
  }
  for (let i: u32 = 0; i < count; i++) {
    const pair = load<u64>(candidates + (i << 3));
    const counter = histogram + (<u32>pair << 2);
    const place = load<u32>(counter);
    store<u32>(counter, place + 1);
    store<u32>(output + (<usize>place << 2), <u32>pair);
    store<u32>(rows + (<usize>place << 2), <u32>(pair >> 32));
  }
  return count;
}

/**
 * How many of `sampled` rows must be below a distance so that, most likely, k of all rows are: three
 * standard deviations more than expected, as a miss costs a second scan.
 */
export function neededOf(k: u32, sampled: u32, rows: u32): u32 {
  const expected = <f64>k * <f64>sampled / <f64>rows;
  return <u32>(expected + 3 * Math.sqrt(expected) + 2);
}
