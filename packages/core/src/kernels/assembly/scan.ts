// Exact Hamming search: the k codes nearest to a query, ties by row.
//
// A histogram of the distances seen so far gives the bound that a row must get below to matter: the
// k-th smallest distance. Most rows of a long scan fail that one comparison and cost nothing more.
//
// Memory, all laid out by the caller: `codes` row after row; `histogram` of bits + 2 counters;
// `candidates` as (distance, row) pairs with room for 2 * k + 64 of them.

let bound: u32 = 0; // only distances below it are still of interest
let below: u32 = 0; // how many candidates are below it: always fewer than k
let wanted: u32 = 0;
let count: u32 = 0;
let histogram: usize = 0;
let candidates: usize = 0;

@inline function distance64(a: usize, b: usize): u32 {
  return <u32>popcnt<u64>(load<u64>(a) ^ load<u64>(b));
}
@inline function distance128(a: usize, b: usize): u32 {
  return distance64(a, b) + distance64(a + 8, b + 8);
}
@inline function distance256(a: usize, b: usize): u32 {
  return distance128(a, b) + distance128(a + 16, b + 16);
}
@inline function distance512(a: usize, b: usize): u32 {
  return distance256(a, b) + distance256(a + 32, b + 32);
}

function distanceOfWords(a: usize, b: usize, words: u32): u32 {
  let sum: u32 = 0;
  for (let w: u32 = 0; w < words; w++) sum += distance64(a + (w << 3), b + (w << 3));
  return sum;
}

/** Keeps the k best of the candidates so far, in row order. */
function prune(): void {
  let ties: u32 = wanted - below; // how many candidates *at* the bound still belong to the k best
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const d = load<u32>(candidates + (i << 3));
    if (d > bound) continue;
    if (d == bound) {
      if (ties == 0) continue;
      ties--;
    }
    store<u64>(candidates + (kept << 3), load<u64>(candidates + (i << 3)));
    kept++;
  }
  count = kept;
}

function push(distance: u32, row: u32): void {
  store<u32>(candidates + (count << 3), distance);
  store<u32>(candidates + (count << 3), row, 4);
  count++;
  const counter = histogram + (distance << 2);
  store<u32>(counter, load<u32>(counter) + 1);
  below++;
  while (below >= wanted) below -= load<u32>(histogram + (--bound << 2));
  if (count == (wanted << 1) + 64) prune();
}

/** The candidates ordered by distance, then row: a counting sort, as they lie in row order already. */
function sortInto(output: usize, bits: u32): void {
  let start: u32 = 0;
  memory.fill(histogram, 0, (bits + 2) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const counter = histogram + (load<u32>(candidates + (i << 3)) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  for (let d: u32 = 0; d <= bits; d++) {
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
    store<u64>(output + (place << 3), pair);
  }
}

// Four rows an iteration keep four independent popcount chains in flight; the compiler turns each
// instance of this generic function into straight-line code for its code length.
@inline function scanAll<T>(codes: usize, first: u32, end: u32, query: usize, bytes: usize): void {
  const whole = end - ((end - first) & 3);
  let p = codes + <usize>first * bytes;
  for (let i = first; i < whole; i += 4, p += bytes << 2) {
    const a = distanceAs<T>(query, p);
    const b = distanceAs<T>(query, p + bytes);
    const c = distanceAs<T>(query, p + bytes * 2);
    const d = distanceAs<T>(query, p + bytes * 3);
    if (a < bound) push(a, i);
    if (b < bound) push(b, i + 1);
    if (c < bound) push(c, i + 2);
    if (d < bound) push(d, i + 3);
  }
  for (let i = whole; i < end; i++, p += bytes) {
    const d = distanceAs<T>(query, p);
    if (d < bound) push(d, i);
  }
}

// Types that stand for code lengths, because only types select an instance of a generic function.
class Bits64 {}
class Bits128 {}
class Bits192 {}
class Bits256 {}
class Bits384 {}
class Bits512 {}
class Bits768 {}
class Bits1024 {}

@inline function distanceAs<T>(a: usize, b: usize): u32 {
  if (idof<T>() == idof<Bits64>()) return distance64(a, b);
  if (idof<T>() == idof<Bits128>()) return distance128(a, b);
  if (idof<T>() == idof<Bits192>()) return distance128(a, b) + distance64(a + 16, b + 16);
  if (idof<T>() == idof<Bits256>()) return distance256(a, b);
  if (idof<T>() == idof<Bits384>()) return distance256(a, b) + distance128(a + 32, b + 32);
  if (idof<T>() == idof<Bits512>()) return distance512(a, b);
  if (idof<T>() == idof<Bits768>()) return distance512(a, b) + distance256(a + 64, b + 64);
  return distance512(a, b) + distance512(a + 64, b + 64);
}

function scanAnyLength(codes: usize, first: u32, end: u32, query: usize, words: u32): void {
  const bytes = <usize>words << 3;
  for (let i = first, p = codes + <usize>first * bytes; i < end; i++, p += bytes) {
    const d = distanceOfWords(query, p, words);
    if (d < bound) push(d, i);
  }
}

/** Scores only the rows whose bit is set; whole empty blocks of 64 rows are skipped. */
function scanAllowed(
  codes: usize, first: u32, end: u32, query: usize, words: u32, allowed: usize,
): void {
  const bytes = <usize>words << 3;
  for (let block = first & ~63; block < end; block += 64) {
    let mask = load<u64>(allowed + (block >> 3));
    if (block < first) mask &= ~(<u64>0) << (first - block);
    while (mask != 0) {
      const i = block + <u32>ctz<u64>(mask);
      mask &= mask - 1;
      if (i >= end) break;
      const d = distanceOfWords(query, codes + <usize>i * bytes, words);
      if (d < bound) push(d, i);
    }
  }
}

function scanRange(
  codes: usize, first: u32, end: u32, words: u32, query: usize, allowed: usize,
): void {
  if (allowed != 0) scanAllowed(codes, first, end, query, words, allowed);
  else if (words == 1) scanAll<Bits64>(codes, first, end, query, 8);
  else if (words == 2) scanAll<Bits128>(codes, first, end, query, 16);
  else if (words == 3) scanAll<Bits192>(codes, first, end, query, 24);
  else if (words == 4) scanAll<Bits256>(codes, first, end, query, 32);
  else if (words == 6) scanAll<Bits384>(codes, first, end, query, 48);
  else if (words == 8) scanAll<Bits512>(codes, first, end, query, 64);
  else if (words == 12) scanAll<Bits768>(codes, first, end, query, 96);
  else if (words == 16) scanAll<Bits1024>(codes, first, end, query, 128);
  else scanAnyLength(codes, first, end, query, words);
}

/**
 * Writes the k nearest rows that are nearer than `limit` to `output` as (distance, row) pairs, nearest
 * first, and returns how many. `ranges` holds `rangeCount` pairs (first row, end), in increasing order.
 * `allowed` is 0 or a bitmap of rows, padded to whole 64-bit words.
 */
export function scan(
  codes: usize, ranges: usize, rangeCount: u32, words: u32, query: usize, k: u32, limit: u32,
  allowed: usize, histogramAt: usize, candidatesAt: usize, output: usize,
): u32 {
  const bits = words << 6;
  bound = limit < bits + 1 ? limit : bits + 1;
  below = 0;
  wanted = k;
  count = 0;
  histogram = histogramAt;
  candidates = candidatesAt;
  memory.fill(histogram, 0, (bits + 2) << 2);
  for (let r: u32 = 0; r < rangeCount; r++) {
    const range = ranges + (<usize>r << 3);
    scanRange(codes, load<u32>(range), load<u32>(range, 4), words, query, allowed);
  }
  if (count > wanted) prune();
  sortInto(output, bits);
  return count;
}
