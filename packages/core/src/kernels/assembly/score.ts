// Sums of a query's values over the bits of codes: plus where a bit is 1, minus where it is 0.
//
// Two ways. Tables hold the sum of every possible byte at every position: eight additions become one
// look-up. Bit-planes hold the p-th binary digit of all values, which are whole numbers then: the sum is
// that of a few population counts. JavaScript's twins add in the same order.

import { countsInVectors } from './scan';

/** `tables` gets 256 sums for each of `bytes` bytes; `values` holds 8 values for each. */
export function fillTables(values: usize, bytes: u32, tables: usize): void {
  for (let byte: u32 = 0; byte < bytes; byte++) {
    const table = tables + (<usize>byte << 10);
    const first = values + (<usize>byte << 5);
    let none: f32 = 0.0;
    for (let bit: u32 = 0; bit < 8; bit++) none -= load<f32>(first + (bit << 2));
    store<f32>(table, none);
    // Each byte differs from one without its highest bit by that bit's value, counted twice.
    for (let bit: u32 = 0; bit < 8; bit++) {
      const size: usize = <usize>4 << bit;
      const twice: f32 = 2.0 * load<f32>(first + (bit << 2));
      if (bit < 2) {
        for (let rest: usize = 0; rest < size; rest += 4) {
          store<f32>(table + size + rest, load<f32>(table + rest) + twice);
        }
      } else {
        const twices = f32x4.splat(twice);
        for (let rest: usize = 0; rest < size; rest += 16) {
          v128.store(table + size + rest, f32x4.add(v128.load(table + rest), twices));
        }
      }
    }
  }
}

/** The sum of each of `count` rows, by tables. */
export function sumByTables(
  codes: usize, words: u32, rows: usize, count: u32, tables: usize, output: usize,
): void {
  const bytes = <usize>words << 3;
  const end = tables + (bytes << 10);
  for (let i: usize = 0; i < count; i++) {
    let p = codes + <usize>load<u32>(rows + (i << 2)) * bytes;
    // Four sums, so that the additions do not wait for one another.
    let a: f32 = 0, b: f32 = 0, c: f32 = 0, d: f32 = 0;
    for (let table = tables; table < end; table += 8192, p += 8) {
      const word = load<u64>(p);
      a += entry(table, word, 0);
      b += entry(table, word, 1);
      c += entry(table, word, 2);
      d += entry(table, word, 3);
      a += entry(table, word, 4);
      b += entry(table, word, 5);
      c += entry(table, word, 6);
      d += entry(table, word, 7);
    }
    store<f32>(output + (i << 2), a + b + (c + d));
  }
}

@inline function entry(table: usize, word: u64, byte: i32): f32 {
  return load<f32>(table + (<usize>byte << 10) + ((<usize>(word >> (byte << 3)) & 255) << 2));
}

/** How many ones a code has in common with each plane, the planes weighted 1, 2, 4 … and the last negative. */
@inline function commonOnes(code: usize, planes: usize, words: u32, digits: u32): i32 {
  let n0: i32 = 0, n1: i32 = 0, n2: i32 = 0, n3: i32 = 0;
  if (digits == 4) {
    for (let w: u32 = 0; w < words; w++, code += 8, planes += 32) {
      const word = load<u64>(code);
      n0 += ones(word, planes, 0);
      n1 += ones(word, planes, 8);
      n2 += ones(word, planes, 16);
      n3 += ones(word, planes, 24);
    }
    return n0 + (n1 << 1) + (n2 << 2) - (n3 << 3);
  }
  for (let w: u32 = 0; w < words; w++, code += 8, planes += 64) {
    const word = load<u64>(code);
    n0 += ones(word, planes, 0) + (ones(word, planes, 32) << 4);
    n1 += ones(word, planes, 8) + (ones(word, planes, 40) << 4);
    n2 += ones(word, planes, 16) + (ones(word, planes, 48) << 4);
    n3 += ones(word, planes, 24) - (ones(word, planes, 56) << 4);
  }
  return n0 + (n1 << 1) + (n2 << 2) + (n3 << 3);
}

@inline function ones(word: u64, planes: usize, offset: usize): i32 {
  return <i32>popcnt<u64>(word & load<u64>(planes + offset));
}

/** Counts of ones in bytes, added up by halves of a register: those of one plane, then those of the next. */
@inline function halves(counts: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
}

/** Words whose counts, up to 8 in a byte, are added up before a byte could overflow. */
const wordsPerFold: u32 = 16;

/** `commonOnes` with two planes at a time. */
function commonOnesInVectors(code: usize, planes: usize, words: u32, digits: u32): i32 {
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let left = words; left > 0; ) {
    let c0 = i8x16.splat(0), c1 = c0, c2 = c0, c3 = c0;
    const run = min(left, wordsPerFold);
    left -= run;
    for (let w: u32 = 0; w < run; w++, code += 8, planes += <usize>digits << 3) {
      const word = v128.load64_splat(code);
      c0 = i8x16.add(c0, i8x16.popcnt(v128.and(word, v128.load(planes))));
      c1 = i8x16.add(c1, i8x16.popcnt(v128.and(word, v128.load(planes, 16))));
      if (digits == 4) continue;
      c2 = i8x16.add(c2, i8x16.popcnt(v128.and(word, v128.load(planes, 32))));
      c3 = i8x16.add(c3, i8x16.popcnt(v128.and(word, v128.load(planes, 48))));
    }
    s0 = i32x4.add(s0, halves(c0));
    s1 = i32x4.add(s1, halves(c1));
    s2 = i32x4.add(s2, halves(c2));
    s3 = i32x4.add(s3, halves(c3));
  }
  const low = i32x4(1, 1, 2, 2);
  let sum = i32x4.mul(s0, low);
  if (digits == 4) {
    sum = i32x4.add(sum, i32x4.mul(s1, i32x4(4, 4, -8, -8)));
  } else {
    sum = i32x4.add(sum, i32x4.shl(i32x4.mul(s1, low), 2));
    sum = i32x4.add(sum, i32x4.shl(i32x4.mul(s2, low), 4));
    sum = i32x4.add(sum, i32x4.mul(s3, i32x4(64, 64, -128, -128)));
  }
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) +
    (i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3))
  );
}

/** Rows that are read before they are counted. */
const foundRows: usize = 64;
let found: u64 = 0;

/**
 * The weighted common ones of each of `count` rows. Rows lie far apart, and a processor looks ahead only so
 * many instructions: they are read first, so that it waits for many of them at once.
 */
export function sumByPlanes(
  codes: usize, words: u32, rows: usize, count: u32, planes: usize, digits: u32, output: usize,
): void {
  const bytes = <usize>words << 3;
  for (let start: usize = 0; start < count; start += foundRows) {
    const end = min(<usize>count, start + foundRows);
    let read: u64 = 0;
    for (let i = start; i < end; i++) {
      const code = codes + <usize>load<u32>(rows + (i << 2)) * bytes;
      read |= load<u64>(code) | load<u64>(code + bytes - 8);
    }
    // So that no compiler thinks it was for nothing.
    found = read;
    for (let i = start; i < end; i++) {
      const code = codes + <usize>load<u32>(rows + (i << 2)) * bytes;
      const sum = countsInVectors
        ? commonOnesInVectors(code, planes, words, digits)
        : commonOnes(code, planes, words, digits);
      store<i32>(output + (i << 2), sum);
    }
  }
}

/** Sums that are told apart when the largest are looked for. */
const sumClasses: u32 = 4096;

/**
 * Keeps the rows of the `wanted` largest of `count` sums, those as large as the last of them as well, in their
 * order: sums and rows are moved to the front. Returns how many are kept. Where sums are farther apart than
 * there are classes, what falls in one class counts as alike. `histogram` has room for a counter a class.
 */
export function largestSums(
  sums: usize, rows: usize, count: u32, wanted: u32, histogram: usize,
): u32 {
  if (count <= wanted) return count;
  let least = i32.MAX_VALUE;
  let most = i32.MIN_VALUE;
  for (let i: usize = 0; i < count; i++) {
    const sum = load<i32>(sums + (i << 2));
    least = min(least, sum);
    most = max(most, sum);
  }
  let shift: u32 = 0;
  while (<u32>(most - least) >> shift >= sumClasses) shift++;
  memory.fill(histogram, 0, sumClasses << 2);
  for (let i: usize = 0; i < count; i++) {
    const counter = histogram + (<usize>(<u32>(load<i32>(sums + (i << 2)) - least) >> shift) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  let lowest = <u32>(most - least) >> shift;
  for (let found = load<u32>(histogram + (<usize>lowest << 2)); found < wanted; ) {
    found += load<u32>(histogram + (<usize>--lowest << 2));
  }
  let kept: usize = 0;
  for (let i: usize = 0; i < count; i++) {
    const sum = load<i32>(sums + (i << 2));
    const row = load<u32>(rows + (i << 2));
    // The next one takes its place unless it is kept.
    store<i32>(sums + (kept << 2), sum);
    store<u32>(rows + (kept << 2), row);
    kept += <usize>(<u32>(sum - least) >> shift >= lowest);
  }
  return <u32>kept;
}
