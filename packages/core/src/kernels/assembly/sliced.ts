// Weighted distances of codes that are kept bit by bit: of every 128 rows, a word of sixteen bytes for each
// bit. A distance adds up the weights of the bits in which a code differs from a query.
//
// One instruction looks at a bit of 128 rows. Their distances are added up as binary numbers of which each
// digit is a word as well: what full adders do in hardware takes five instructions here for every two words
// that go in. Words with no weight are not read at all, and which of 128 rows are near takes a few more.

import {
  bound, collect, count, histogram, neededOf, nextCandidate, took, writeInto,
} from './collect';

/** Rows of a block. */
const blockRows: u32 = 128;
/** Binary digits of a distance, the sign included. */
const digits: u32 = 11;

@inline function sum(s: v128, x: v128, y: v128): v128 {
  return v128.xor(v128.xor(x, y), s);
}
/** What is carried to the next digit of s + x + y. */
@inline function carry(s: v128, x: v128, y: v128): v128 {
  return v128.or(v128.and(s, v128.xor(x, y)), v128.and(x, y));
}
/** What is borrowed from the next digit of s - x - y. */
@inline function borrow(s: v128, x: v128, y: v128): v128 {
  return v128.or(v128.andnot(v128.xor(x, y), s), v128.and(x, y));
}
@inline function term(block: usize, terms: usize, i: usize): v128 {
  return v128.load(block + <usize>load<u32>(terms + (i << 2)));
}

/** What is read ahead while eight words are added up: three lines of a cache. */
const fetchedBytes: usize = 192;

@inline function fetch(at: usize): u64 {
  return load<u64>(at) | load<u64>(at, 64) | load<u64>(at, 128);
}

let groups: usize = 0;
let levels: u32 = 0;
let terms: usize = 0;
/** What the lowest three digits hand on. */
let handed: usize = 0;

/**
 * Writes the distances of a block to `planes`, digit by digit: less what all weights to be subtracted come
 * to, plus 2 ^ (digits - 1).
 * Meanwhile it reads through the block at `next`, from its beginning on: words are read in no order that a
 * processor would recognise, and so fetch ahead.
 *
 * Weights are taken apart into binary digits. For each, the highest first, `groups` says how many eights of
 * words are added and how many are subtracted; `terms` holds where in a block these words lie.
 */
function weigh(block: usize, next: usize, blockBytes: usize, planes: usize): void {
  let fetched: u64 = 0;
  let ahead = next;
  const last = next + blockBytes - min(blockBytes, fetchedBytes);
  const none = i32x4.splat(0);
  let s0 = none, s1 = none, s2 = none;
  let h0 = none, h1 = none, h2 = none, h3 = none, h4 = none, h5 = none, h6 = none, h7 = none;
  let t = terms;
  for (let level: u32 = 0; level < levels; level++) {
    // Twice what was added up so far.
    h7 = h6, h6 = h5, h5 = h4, h4 = h3, h3 = h2, h2 = h1, h1 = h0, h0 = s2;
    s2 = s1, s1 = s0, s0 = none;
    const added = load<u32>(groups + (<usize>level << 3));
    const subtracted = load<u32>(groups + (<usize>level << 3), 4);
    let h = handed;
    for (const end = t + (<usize>added << 5); t < end; t += 32, h += 16) {
      const x0 = term(block, t, 0), x1 = term(block, t, 1), x2 = term(block, t, 2);
      const x3 = term(block, t, 3), x4 = term(block, t, 4), x5 = term(block, t, 5);
      const x6 = term(block, t, 6), x7 = term(block, t, 7);
      const c0 = carry(s0, x0, x1);
      s0 = sum(s0, x0, x1);
      const c1 = carry(s0, x2, x3);
      s0 = sum(s0, x2, x3);
      const d0 = carry(s1, c0, c1);
      s1 = sum(s1, c0, c1);
      const c2 = carry(s0, x4, x5);
      s0 = sum(s0, x4, x5);
      const c3 = carry(s0, x6, x7);
      s0 = sum(s0, x6, x7);
      const d1 = carry(s1, c2, c3);
      s1 = sum(s1, c2, c3);
      fetched |= fetch(ahead);
      ahead = min(ahead + fetchedBytes, last);
      v128.store(h, carry(s2, d0, d1));
      s2 = sum(s2, d0, d1);
    }
    for (const end = t + (<usize>subtracted << 5); t < end; t += 32, h += 16) {
      const x0 = term(block, t, 0), x1 = term(block, t, 1), x2 = term(block, t, 2);
      const x3 = term(block, t, 3), x4 = term(block, t, 4), x5 = term(block, t, 5);
      const x6 = term(block, t, 6), x7 = term(block, t, 7);
      const c0 = borrow(s0, x0, x1);
      s0 = sum(s0, x0, x1);
      const c1 = borrow(s0, x2, x3);
      s0 = sum(s0, x2, x3);
      const d0 = borrow(s1, c0, c1);
      s1 = sum(s1, c0, c1);
      const c2 = borrow(s0, x4, x5);
      s0 = sum(s0, x4, x5);
      const c3 = borrow(s0, x6, x7);
      s0 = sum(s0, x6, x7);
      const d1 = borrow(s1, c2, c3);
      s1 = sum(s1, c2, c3);
      fetched |= fetch(ahead);
      ahead = min(ahead + fetchedBytes, last);
      v128.store(h, borrow(s2, d0, d1));
      s2 = sum(s2, d0, d1);
    }
    v128.store(h, none);
    h = handed;
    for (const end = handed + (<usize>added << 4); h < end; h += 32) {
      const x = v128.load(h);
      // The last may have no other.
      const y = h + 16 < end ? v128.load(h, 16) : none;
      let c = carry(h0, x, y);
      h0 = sum(h0, x, y);
      let d = v128.and(h1, c);
      h1 = v128.xor(h1, c);
      c = v128.and(h2, d);
      h2 = v128.xor(h2, d);
      d = v128.and(h3, c);
      h3 = v128.xor(h3, c);
      c = v128.and(h4, d);
      h4 = v128.xor(h4, d);
      d = v128.and(h5, c);
      h5 = v128.xor(h5, c);
      c = v128.and(h6, d);
      h6 = v128.xor(h6, d);
      h7 = v128.xor(h7, c);
    }
    h = handed + (<usize>added << 4);
    for (const end = h + (<usize>subtracted << 4); h < end; h += 32) {
      const x = v128.load(h);
      const y = v128.load(h, 16);
      let c = borrow(h0, x, y);
      h0 = sum(h0, x, y);
      let d = v128.andnot(c, h1);
      h1 = v128.xor(h1, c);
      c = v128.andnot(d, h2);
      h2 = v128.xor(h2, d);
      d = v128.andnot(c, h3);
      h3 = v128.xor(h3, c);
      c = v128.andnot(d, h4);
      h4 = v128.xor(h4, d);
      d = v128.andnot(c, h5);
      h5 = v128.xor(h5, c);
      c = v128.andnot(d, h6);
      h6 = v128.xor(h6, d);
      h7 = v128.xor(h7, c);
    }
  }
  // So that no compiler thinks it was for nothing.
  store<u64>(handed, fetched);
  v128.store(planes, s0);
  v128.store(planes, s1, 16);
  v128.store(planes, s2, 32);
  v128.store(planes, h0, 48);
  v128.store(planes, h1, 64);
  v128.store(planes, h2, 80);
  v128.store(planes, h3, 96);
  v128.store(planes, h4, 112);
  v128.store(planes, h5, 128);
  v128.store(planes, h6, 144);
  v128.store(planes, v128.not(h7), 160);
}

/** Which rows of a block are at digits below `limit`. */
function rowsBelow(at: usize, limit: u32): v128 {
  if (limit >> digits != 0) return i32x4.splat(-1);
  let less = i32x4.splat(0);
  let equal = i32x4.splat(-1);
  for (let digit: i32 = digits - 1; digit >= 0; digit--) {
    const plane = v128.load(at + (<usize>digit << 4));
    if ((limit >> digit) & 1) {
      less = v128.or(less, v128.andnot(equal, plane));
      equal = v128.and(equal, plane);
    } else {
      equal = v128.andnot(equal, plane);
    }
  }
  return less;
}

@inline function digitOf(at: usize, row: u64, digit: u32): u32 {
  return (<u32>(load<u64>(at + (<usize>digit << 4)) >> row) & 1) << digit;
}

/** The digits of a row of a block; `at` are those of its 64 rows. */
@inline function digitsOf(at: usize, row: u64): u32 {
  return (
    digitOf(at, row, 0) | digitOf(at, row, 1) | digitOf(at, row, 2) | digitOf(at, row, 3) |
    (digitOf(at, row, 4) | digitOf(at, row, 5) | digitOf(at, row, 6) | digitOf(at, row, 7)) |
    (digitOf(at, row, 8) | digitOf(at, row, 9) | digitOf(at, row, 10))
  );
}

/** Blocks whose near rows are collected together. */
const gatheredBlocks: u32 = 16;
/** Of the distances of a block. */
const digitsBytes: usize = <usize>digits * 16;

/** Of 64 rows, those that are near, where their digits are, and the number of the first: if there are any. */
@inline function note(near: usize, mask: u64, at: usize, first: u32): usize {
  store<u64>(near, mask);
  store<u32>(near, <u32>at, 8);
  store<u32>(near, first, 12);
  return near + (mask != 0 ? 16 : 0);
}

/**
 * Collects the rows that were noted from `near` to `last`: without a branch that depends on how many there
 * are of 64, which no processor could foresee.
 */
function collectNoted(near: usize, last: usize, offset: i32): void {
  if (near == last) return;
  const first = nextCandidate();
  let to = first;
  let mask = load<u64>(near);
  while (near < last) {
    const row = ctz<u64>(mask);
    const distance = <u32>(<i32>digitsOf(load<u32>(near, 8), row) - offset);
    store<u32>(to, distance);
    store<u32>(to, load<u32>(near, 12) + <u32>row, 4);
    to += 8;
    const counter = histogram + (distance << 2);
    store<u32>(counter, load<u32>(counter) + 1);
    mask &= mask - 1;
    near += mask == 0 ? 16 : 0;
    mask = select<u64>(load<u64>(near), mask, mask == 0);
  }
  took(<u32>(to - first) >> 3);
}

/**
 * Scans the blocks of `rangeCount` ranges of rows, one after the other; with `allowed`, rows that are not in this
 * bitmap are left out. `gathered` has room for the digits of as many blocks as are gathered, and for twice as
 * many notes and one more.
 */
function scanBlocks(
  blocks: usize, blockBytes: usize, ranges: usize, rangeCount: u32, allowed: usize, offset: i32, total: u32,
  gathered: usize,
): void {
  const notes = gathered + <usize>gatheredBlocks * digitsBytes;
  const lastRange = ranges + (<usize>rangeCount << 3);
  let planes = gathered;
  let near = notes;
  let limit = bound + offset;
  let left = blocksToGather(total);
  for (let range = ranges; range < lastRange; range += 8) {
    let first = load<u32>(range);
    const end = load<u32>(range, 4);
    let block = blockAt(blocks, blockBytes, first);
    for (; first < end; first += blockRows, block += blockBytes) {
      let mask = i32x4.splat(-1);
      if (allowed != 0) {
        mask = v128.load(allowed + (<usize>first >> 3));
        if (!v128.any_true(mask)) continue;
      }
      const next = first + blockRows < end
        ? block + blockBytes
        : range + 8 < lastRange ? blockAt(blocks, blockBytes, load<u32>(range, 8)) : block;
      weigh(block, next, blockBytes, planes);
      mask = v128.and(mask, rowsBelow(planes, limit));
      let low = <u64>i64x2.extract_lane(mask, 0);
      let high = <u64>i64x2.extract_lane(mask, 1);
      const rows = end - first;
      if (rows < blockRows) {
        if (rows < 64) low &= ((<u64>1) << rows) - 1;
        high = rows <= 64 ? 0 : high & (((<u64>1) << (rows - 64)) - 1);
      }
      near = note(note(near, low, planes, first), high, planes + 8, first + 64);
      // The next block takes its place if no row is near.
      planes += (low | high) != 0 ? digitsBytes : 0;
      if (--left != 0) continue;
      collectNoted(notes, near, offset);
      planes = gathered;
      near = notes;
      limit = bound + offset;
      left = blocksToGather(total);
    }
  }
  collectNoted(notes, near, offset);
}

/** While all rows are near enough, the bound had better follow after every block. */
@inline function blocksToGather(total: u32): u32 {
  return bound > total ? 1 : gatheredBlocks;
}

/** Where the block of a row is. */
@inline function blockAt(blocks: usize, blockBytes: usize, row: u32): usize {
  return blocks + <usize>(row / blockRows) * blockBytes;
}

/** Blocks that are looked at for a first guess. */
const sampledBlocks: u32 = 16;

/**
 * A distance that most likely more than k rows of the ranges are below, but not many more: from a sample of
 * blocks, those that are full.
 */
function guessBound(
  blocks: usize, blockBytes: usize, ranges: usize, rangeCount: u32, k: u32, offset: i32, largest: u32,
  samples: usize,
): u32 {
  const lastRange = ranges + (<usize>rangeCount << 3);
  let fullBlocks: u32 = 0;
  for (let range = ranges; range < lastRange; range += 8) {
    fullBlocks += (load<u32>(range, 4) - load<u32>(range)) / blockRows;
  }
  const rows = fullBlocks * blockRows;
  const sampled = sampledBlocks * blockRows;
  if (rows < 8 * sampled || rows < 8 * k) return largest;
  const stride = fullBlocks / sampledBlocks;
  let range = ranges;
  let first = load<u32>(range);
  // How many blocks before the next that is looked at.
  let skipped: u32 = 0;
  for (let i: u32 = 0; i < sampledBlocks; ) {
    const left = (load<u32>(range, 4) - first) / blockRows;
    if (skipped >= left) {
      skipped -= left;
      range += 8;
      first = load<u32>(range);
      continue;
    }
    first += skipped * blockRows;
    const block = blockAt(blocks, blockBytes, first);
    weigh(block, block, blockBytes, samples + <usize>i * digitsBytes);
    skipped = stride;
    i++;
  }
  const needed = neededOf(k, sampled, rows);
  // The smallest bound that enough are below.
  let low: u32 = 0;
  let high = largest;
  while (low < high) {
    const middle = (low + high) >> 1;
    let found: u32 = 0;
    for (let i: u32 = 0; i < sampledBlocks; i++) {
      const near = rowsBelow(samples + <usize>i * digitsBytes, middle + offset);
      found += <u32>popcnt<u64>(i64x2.extract_lane(near, 0)) + <u32>popcnt<u64>(i64x2.extract_lane(near, 1));
    }
    if (found < needed) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Takes `count` weights apart: writes how many eights of words are added and subtracted for each binary digit
 * to `groups`, and where they lie to `terms`. Each group is filled up with words of zeros, behind the others.
 */
function writeTerms(weights: usize, count: u32, levelCount: u32): void {
  let t = terms;
  let group = groups;
  for (let level: u32 = 0; level < levelCount; level++) {
    const digit = 1 << (levelCount - 1 - level);
    // A bit that is 1 makes a difference where the weight is negative, and none where it is positive.
    for (let sign = -1; sign <= 1; sign += 2, group += 4) {
      const start = t;
      for (let bit: u32 = 0; bit < count; bit++) {
        const size = sign * <i32>load<i8>(weights + bit);
        // The next one takes its place unless it counts.
        store<u32>(t, bit << 4);
        t += size > 0 && (size & digit) != 0 ? 4 : 0;
      }
      for (; ((t - start) & 31) != 0; t += 4) store<u32>(t, count << 4);
      store<u32>(group, <u32>((t - start) >> 5));
    }
  }
}

/**
 * Writes the k rows of the smallest distances below `limit` to `output` in their order: distances, then rows.
 * Returns how many. `ranges` are pairs of a first row, which begins a block, and an end; `total` is what all
 * weights come to, `subtracted` those that are subtracted; `allowed` is 0 or a bitmap of rows, padded to whole blocks. `handedAt` has room for what is handed on,
 * `gathered` for what `scanBlocks` needs and the digits of 16 blocks, `groupsAt` and `termsAt` for what is
 * read then; `candidates` for 16 blocks of rows more than `collect` needs.
 */
export function scanSliced(
  blocks: usize, blockBytes: u32, ranges: usize, rangeCount: u32, weights: usize, bits: u32, levelCount: u32,
  groupsAt: usize, termsAt: usize, total: u32, subtracted: u32, k: u32, limit: u32, allowed: usize, handedAt: usize, gathered: usize,
  histogramAt: usize, candidates: usize, output: usize,
): u32 {
  groups = groupsAt;
  levels = levelCount;
  terms = termsAt;
  handed = handedAt;
  writeTerms(weights, bits, levelCount);
  const offset = (1 << (digits - 1)) - <i32>subtracted;
  const largest = min(limit, total + 1);
  const guess = allowed == 0 && limit > total
    ? guessBound(blocks, blockBytes, ranges, rangeCount, k, offset, largest, gathered)
    : largest;
  memory.fill(histogramAt, 0, (total + 2) << 2);
  collect(k, histogramAt, candidates, 0, guess, 0);
  scanBlocks(blocks, blockBytes, ranges, rangeCount, allowed, offset, total, gathered);
  if (count < k && guess < largest) {
    memory.fill(histogramAt, 0, (total + 2) << 2);
    collect(k, histogramAt, candidates, 0, largest, 0);
    scanBlocks(blocks, blockBytes, ranges, rangeCount, allowed, offset, total, gathered);
  }
  return writeInto(output);
}

/** Writes `count` codes of `codeBytes` bytes to rows `start` and on: of each, the first `bits`. */
export function slice(
  codes: usize, codeBytes: u32, count: u32, blocks: usize, blockBytes: u32, bits: u32, start: u32,
): void {
  for (let i: u32 = 0; i < count; i++, codes += codeBytes) {
    const row = start + i;
    const within = row & (blockRows - 1);
    const one = (<u32>1) << (within & 7);
    let at = blocks + <usize>(row / blockRows) * blockBytes + (within >> 3);
    for (let b: u32 = 0; b < bits; b += 8) {
      const byte = <u32>load<u8>(codes + (b >> 3));
      for (let bit: u32 = 0; bit < 8; bit++, at += 16) {
        const rest = <u32>load<u8>(at) & ~one;
        store<u8>(at, <u8>(rest | (((byte >> bit) & 1) << (within & 7))));
      }
    }
  }
}
