// Exact Hamming search: the k codes nearest to a query, ties by row.
//
// Memory, all laid out by the caller: `codes` row after row; `histogram` of bits + 2 counters;
// `candidates` as (distance, row) pairs with room for 2 * k + 64 of them; `distances` of two
// bytes for each row of a block and sixteen more.

import { below, bound, collect, count, neededOf, push, sortInto } from './collect';

@inline export function distance64(a: usize, b: usize, offsetA: usize, offsetB: usize): u32 {
  return <u32>popcnt<u64>(load<u64>(a + offsetA) ^ load<u64>(b + offsetB));
}
@inline export function distance128(a: usize, b: usize, offsetA: usize, offsetB: usize): u32 {
  return distance64(a, b, offsetA, offsetB) + distance64(a, b, offsetA + 8, offsetB + 8);
}
@inline export function distance256(a: usize, b: usize, offsetA: usize, offsetB: usize): u32 {
  return distance128(a, b, offsetA, offsetB) + distance128(a, b, offsetA + 16, offsetB + 16);
}

function distanceOfWords(a: usize, b: usize, words: u32): u32 {
  let sum: u32 = 0;
  for (let w: u32 = 0; w < words; w++) sum += distance64(a + (w << 3), b + (w << 3), 0, 0);
  return sum;
}

/** Whether bits are counted sixteen bytes at a time, or eight: which is faster depends on the processor. */
export let countsInVectors: bool = false;

export function countInVectors(chosen: bool): void {
  countsInVectors = chosen;
}

/** Vectors whose counts, up to 8 in a byte, are added up before a byte could overflow. */
const vectorsPerFold: u32 = 16;

/** The same sixteen bytes at a time. */
export function distanceOfVectors(a: usize, b: usize, words: u32): u32 {
  let sums = i32x4.splat(0);
  let left = words >> 1;
  while (left > 0) {
    let counts = i8x16.splat(0);
    const run = min(left, vectorsPerFold);
    for (let v: u32 = 0; v < run; v++, a += 16, b += 16) {
      counts = i8x16.add(counts, i8x16.popcnt(v128.xor(v128.load(a), v128.load(b))));
    }
    left -= run;
    sums = i32x4.add(sums, fold(counts));
  }
  const rest = (words & 1) != 0 ? distance64(a, b, 0, 0) : 0;
  return total(sums) + rest;
}

@inline function fold(counts: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
}
@inline function total(sums: v128): u32 {
  return <u32>(
    i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) +
    (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3))
  );
}

// Types that stand for code lengths, because only types select an instance of a generic function.
class Bits128 {}
class Bits192 {}
export class Bits256 {}
export class Bits384 {}
export class Bits512 {}
class Bits768 {}
class Bits1024 {}
class AnyLength {}

/** The first words of the query, which short codes are compared with in registers. */
let word0: u64 = 0;
let word1: u64 = 0;
let word2: u64 = 0;
let word3: u64 = 0;
let word4: u64 = 0;
let word5: u64 = 0;

@inline export function ones(p: usize, offset: usize, word: u64): u32 {
  return <u32>popcnt<u64>(load<u64>(p + offset) ^ word);
}

@inline export function distanceOfFour(p: usize, q0: u64, q1: u64, q2: u64, q3: u64): u32 {
  return ones(p, 0, q0) + ones(p, 8, q1) + (ones(p, 16, q2) + ones(p, 24, q3));
}

@inline function distanceOf(code: usize, query: usize, words: u32): u32 {
  return countsInVectors ? distanceOfVectors(query, code, words) : distanceOfWords(query, code, words);
}

/** The distance of the query to the code at `p`. */
@inline function distanceAs<T>(
  p: usize, query: usize, bytes: usize, q0: u64, q1: u64, q2: u64, q3: u64, q4: u64, q5: u64,
  v0: v128, v1: v128, v2: v128, v3: v128,
): u32 {
  if (idof<T>() == idof<AnyLength>()) return distanceOf(p, query, <u32>(bytes >> 3));
  if (idof<T>() == idof<Bits128>()) return ones(p, 0, q0) + ones(p, 8, q1);
  if (idof<T>() == idof<Bits192>()) return ones(p, 0, q0) + ones(p, 8, q1) + ones(p, 16, q2);
  const four = distanceOfFour(p, q0, q1, q2, q3);
  if (idof<T>() == idof<Bits256>()) return four;
  const six = four + (ones(p, 32, q4) + ones(p, 40, q5));
  if (idof<T>() == idof<Bits384>()) return six;
  const eight = six + distance128(query, p, 48, 48);
  if (idof<T>() == idof<Bits512>()) return eight;
  if (idof<T>() == idof<Bits768>()) return eight + distance256(query, p, 64, 64);
  return eight + inVectors(p, v0, v1, v2, v3);
}

/** The distance of the last 64 of 128 bytes, by units of the processor that counting words leaves free. */
@inline function inVectors(p: usize, v0: v128, v1: v128, v2: v128, v3: v128): u32 {
  const counts = i8x16.add(
    i8x16.add(
      i8x16.popcnt(v128.xor(v128.load(p, 64), v0)),
      i8x16.popcnt(v128.xor(v128.load(p, 80), v1)),
    ),
    i8x16.add(
      i8x16.popcnt(v128.xor(v128.load(p, 96), v2)),
      i8x16.popcnt(v128.xor(v128.load(p, 112), v3)),
    ),
  );
  const sums = i16x8.extadd_pairwise_i8x16_u(counts);
  const wide = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
  return <u32>((<u64>wide * 0x0001000100010001) >> 48);
}

/**
 * Rows whose distances are written down before any of them is looked at. They are read from the beginnings
 * of four quarters at once: a processor that reads one run of memory fetches ahead by little, four runs by
 * four times as much.
 */
const blockRows: u32 = 1024;
const quarters: u32 = 4;
/** Where they are written, and sixteen bytes that are no distances. */
let distances: usize = 0;

/**
 * What a tile of 1024 bits reads next. A byte of it is loaded with every four rows that are counted, so that
 * it is on its way before the tile's first query needs it (3 to 17 % faster; at 1536 bits nothing is gained).
 * A step of zero where nothing comes next.
 */
let ahead: usize = 0;
let aheadStep: usize = 0;

/** Codes of 64 bits: writing a distance down takes as long as looking at it. */
function scan64(codes: usize, first: u32, end: u32): void {
  const q0 = word0;
  let p = codes + (<usize>first << 3);
  let limit = bound;
  let i = first;
  for (; i + 2 <= end; i += 2, p += 16) {
    const a = ones(p, 0, q0);
    const b = ones(p, 8, q0);
    if (a < limit) limit = push(a, i);
    if (b < limit) limit = push(b, i + 1);
  }
  if (i < end && ones(p, 0, q0) < limit) push(ones(p, 0, q0), i);
}

// The compiler turns each instance of this generic function into straight-line code for its code length.
@inline function scanAll<T>(codes: usize, first: u32, end: u32, query: usize, bytes: usize): void {
  const q0 = word0, q1 = word1, q2 = word2, q3 = word3, q4 = word4, q5 = word5;
  const usesVectors = idof<T>() == idof<Bits1024>();
  const isLong = usesVectors || idof<T>() == idof<Bits768>() || idof<T>() == idof<AnyLength>();
  const v0 = usesVectors ? v128.load(query, 64) : i8x16.splat(0);
  const v1 = usesVectors ? v128.load(query, 80) : v0;
  const v2 = usesVectors ? v128.load(query, 96) : v0;
  const v3 = usesVectors ? v128.load(query, 112) : v0;
  let next = ahead;
  for (let i = first; i < end;) {
    // Fewer than four rows are a run of their own.
    const left = min(end - i, blockRows);
    const runs = left < quarters ? 1 : quarters;
    const rows = left / runs;
    const step = <usize>rows * bytes;
    let p = codes + <usize>i * bytes;
    let to = distances;
    if (isLong || runs == 1) {
      const all = step * runs;
      let loaded: u32 = 0;
      for (const stop = p + step; p < stop; p += bytes, to += 2) {
        if (usesVectors) {
          loaded |= load<u8>(next);
          next += aheadStep;
        }
        for (let at = p, d = to; at < p + all; at += step, d += rows << 1) {
          store<u16>(d, distanceAs<T>(at, query, bytes, q0, q1, q2, q3, q4, q5, v0, v1, v2, v3));
        }
      }
      // What is never stored is never loaded. `pushNear` writes over it.
      if (usesVectors) store<u16>(distances + (<usize>(rows * runs) << 1), loaded);
    } else {
      const far = <usize>rows << 1;
      for (const stop = p + step; p < stop; p += bytes, to += 2) {
        const p1 = p + step, p2 = p1 + step, p3 = p2 + step;
        const to1 = to + far, to2 = to1 + far, to3 = to2 + far;
        store<u16>(to, distanceAs<T>(p, query, bytes, q0, q1, q2, q3, q4, q5, v0, v1, v2, v3));
        store<u16>(to1, distanceAs<T>(p1, query, bytes, q0, q1, q2, q3, q4, q5, v0, v1, v2, v3));
        store<u16>(to2, distanceAs<T>(p2, query, bytes, q0, q1, q2, q3, q4, q5, v0, v1, v2, v3));
        store<u16>(to3, distanceAs<T>(p3, query, bytes, q0, q1, q2, q3, q4, q5, v0, v1, v2, v3));
      }
    }
    pushNear(i, rows * runs);
    i += rows * runs;
  }
}

/** Takes up, in the order of the rows, which of them are near: eight are looked at by one instruction. */
function pushNear(first: u32, rows: u32): void {
  // What lies behind the last is no distance, and never near.
  store<v128>(distances + (<usize>rows << 1), i16x8.splat(-1));
  let limit = i16x8.splat(<i16>bound);
  for (let i: u32 = 0; i < rows; i += 8) {
    let near = i16x8.bitmask(i16x8.lt_u(v128.load(distances + (<usize>i << 1)), limit));
    if (near == 0) continue;
    for (; near != 0; near &= near - 1) {
      const row = i + <u32>ctz<i32>(near);
      const distance = <u32>load<u16>(distances + (<usize>row << 1));
      if (distance < bound) push(distance, first + row);
    }
    limit = i16x8.splat(<i16>bound);
  }
}

/** Codes of so many words have distances that do not fit in what is written down of them. */
const longWords: u32 = 1024;

function scanLong(codes: usize, first: u32, end: u32, query: usize, words: u32): void {
  const bytes = <usize>words << 3;
  for (let i = first, p = codes + <usize>first * bytes; i < end; i++, p += bytes) {
    const d = distanceOf(p, query, words);
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
      const p = codes + <usize>i * bytes;
      const d = distanceOf(p, query, words);
      if (d < bound) push(d, i);
    }
  }
}

function scanRange(
  codes: usize, first: u32, end: u32, words: u32, query: usize, allowed: usize,
): void {
  word0 = load<u64>(query);
  if (words > 1) word1 = load<u64>(query, 8);
  if (words > 2) word2 = load<u64>(query, 16);
  if (words > 3) word3 = load<u64>(query, 24);
  if (words > 4) word4 = load<u64>(query, 32);
  if (words > 5) word5 = load<u64>(query, 40);
  if (allowed != 0) scanAllowed(codes, first, end, query, words, allowed);
  else if (words >= longWords) scanLong(codes, first, end, query, words);
  else if (countsInVectors && words > 1) scanAll<AnyLength>(codes, first, end, query, words << 3);
  else if (words == 1) scan64(codes, first, end);
  else if (words == 2) scanAll<Bits128>(codes, first, end, query, 16);
  else if (words == 3) scanAll<Bits192>(codes, first, end, query, 24);
  else if (words == 4) scanAll<Bits256>(codes, first, end, query, 32);
  else if (words == 6) scanAll<Bits384>(codes, first, end, query, 48);
  else if (words == 8) scanAll<Bits512>(codes, first, end, query, 64);
  else if (words == 12) scanAll<Bits768>(codes, first, end, query, 96);
  else if (words == 16) scanAll<Bits1024>(codes, first, end, query, 128);
  else scanAll<AnyLength>(codes, first, end, query, words << 3);
}

/**
 * Writes the k nearest rows that are nearer than `limit` to `output`, nearest first: their distances, then
 * their numbers. Returns how many. `ranges` holds `rangeCount` pairs (first row, end), in increasing order.
 * `allowed` is 0 or a bitmap of rows, padded to whole 64-bit words.
 */
export function scan(
  codes: usize, ranges: usize, rangeCount: u32, words: u32, query: usize, k: u32, limit: u32,
  allowed: usize, histogramAt: usize, candidatesAt: usize, distancesAt: usize, output: usize,
): u32 {
  const bits = words << 6;
  const largest = min(limit, bits + 1);
  distances = distancesAt;
  const guess = allowed == 0 && limit > bits
    ? guessBound(codes, ranges, rangeCount, words, query, k, histogramAt)
    : largest;
  memory.fill(histogramAt, 0, (bits + 2) << 2);
  collect(k, histogramAt, candidatesAt, 0, guess, 0);
  scanRanges(codes, ranges, rangeCount, words, query, allowed);
  if (count < k && guess < largest) {
    memory.fill(histogramAt, 0, (bits + 2) << 2);
    collect(k, histogramAt, candidatesAt, 0, largest, 0);
    scanRanges(codes, ranges, rangeCount, words, query, allowed);
  }
  return sortInto(output, bits);
}

/** Bytes of codes that all queries of a tile read before the next are fetched: half of a first-level cache. */
const tileBytes: u32 = 32768;

/**
 * `scan` for several queries at once: a block of codes is compared with each of them while it is in the
 * cache. Query `t` lies at `queries + t * bytes`; `histograms`, `candidatesAt` and `outputs` hold one area
 * for each, `strides` bytes apart. `states` has room for four numbers each; the first of them becomes how
 * many rows were found.
 */
export function scanTile(
  codes: usize, ranges: usize, rangeCount: u32, words: u32, queries: usize, queryCount: u32, k: u32,
  limit: u32, allowed: usize, histograms: usize, histogramStride: u32, candidatesAt: usize,
  candidatesStride: u32, outputs: usize, outputStride: u32, states: usize, distancesAt: usize,
): void {
  const bits = words << 6;
  const bytes = words << 3;
  const largest = min(limit, bits + 1);
  distances = distancesAt;
  for (let t: u32 = 0; t < queryCount; t++) {
    const histogram = histograms + <usize>t * histogramStride;
    const query = queries + <usize>t * bytes;
    const guess = allowed == 0 && limit > bits
      ? guessBound(codes, ranges, rangeCount, words, query, k, histogram)
      : largest;
    memory.fill(histogram, 0, (bits + 2) << 2);
    const state = states + (<usize>t << 4);
    store<u32>(state, 0);
    store<u32>(state, guess, 4);
    store<u32>(state, 0, 8);
    store<u32>(state, guess, 12);
  }
  const tileRows = max(64, tileBytes / bytes);
  const share = <usize>tileRows * bytes / queryCount;
  for (let r: u32 = 0; r < rangeCount; r++) {
    const end = load<u32>(ranges + (<usize>r << 3), 4);
    for (let first = load<u32>(ranges + (<usize>r << 3)); first < end; first += tileRows) {
      const last = min(end, first + tileRows);
      const isNextWhole = last + tileRows <= end;
      aheadStep = isNextWhole ? <usize>(bytes << 2) / queryCount : 0;
      for (let t: u32 = 0; t < queryCount; t++) {
        const state = states + (<usize>t << 4);
        collect(
          k, histograms + <usize>t * histogramStride, candidatesAt + <usize>t * candidatesStride,
          load<u32>(state), load<u32>(state, 4), load<u32>(state, 8),
        );
        ahead = isNextWhole ? codes + <usize>last * bytes + <usize>t * share : 0;
        scanRange(codes, first, last, words, queries + <usize>t * bytes, allowed);
        store<u32>(state, count);
        store<u32>(state, bound, 4);
        store<u32>(state, below, 8);
      }
    }
  }
  ahead = 0;
  aheadStep = 0;
  for (let t: u32 = 0; t < queryCount; t++) {
    const state = states + (<usize>t << 4);
    const histogram = histograms + <usize>t * histogramStride;
    const candidates = candidatesAt + <usize>t * candidatesStride;
    collect(k, histogram, candidates, load<u32>(state), load<u32>(state, 4), load<u32>(state, 8));
    if (count < k && load<u32>(state, 12) < largest) {
      memory.fill(histogram, 0, (bits + 2) << 2);
      collect(k, histogram, candidates, 0, largest, 0);
      scanRanges(codes, ranges, rangeCount, words, queries + <usize>t * bytes, allowed);
    }
    store<u32>(state, sortInto(outputs + <usize>t * outputStride, bits));
  }
}

function scanRanges(
  codes: usize, ranges: usize, rangeCount: u32, words: u32, query: usize, allowed: usize,
): void {
  for (let r: u32 = 0; r < rangeCount; r++) {
    const range = ranges + (<usize>r << 3);
    scanRange(codes, load<u32>(range), load<u32>(range, 4), words, query, allowed);
  }
}

/** Rows that are looked at for a first guess, and how many of them lie side by side. */
const sampleSize: u32 = 2048;
const sampleRun: u32 = 32;

/**
 * A distance that most likely more than `k` rows are below, but not many more: from a sample of the
 * rows. It spares a long scan for many rows the candidates of its beginning, which do not stay.
 */
function guessBound(
  codes: usize, ranges: usize, rangeCount: u32, words: u32, query: usize, k: u32, histogram: usize,
): u32 {
  const bits = words << 6;
  let rows: u32 = 0;
  for (let r: u32 = 0; r < rangeCount; r++) {
    rows += load<u32>(ranges + (<usize>r << 3), 4) - load<u32>(ranges + (<usize>r << 3));
  }
  // Where few are wanted, or few rows are there, the bound falls fast enough by itself.
  if (k < 200 || rows < 8 * sampleSize || rows < 8 * k) return bits + 1;
  const stride = rows / sampleSize * sampleRun;
  const bytes = <usize>words << 3;
  memory.fill(histogram, 0, (bits + 2) << 2);
  let sampled: u32 = 0;
  for (let r: u32 = 0; r < rangeCount; r++) {
    const end = load<u32>(ranges + (<usize>r << 3), 4);
    for (let start = load<u32>(ranges + (<usize>r << 3)); start < end; start += stride) {
      const last = min(end, start + sampleRun);
      for (let i = start; i < last; i++, sampled++) {
        const counter = histogram + (distanceOfWords(query, codes + <usize>i * bytes, words) << 2);
        store<u32>(counter, load<u32>(counter) + 1);
      }
    }
  }
  const needed = neededOf(k, sampled, rows);
  let found: u32 = 0;
  for (let distance: u32 = 0; distance <= bits; distance++) {
    found += load<u32>(histogram + (distance << 2));
    if (found >= needed) return distance + 1;
  }
  return bits + 1;
}
