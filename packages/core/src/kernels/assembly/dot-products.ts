// Dot products of a query and named rows of vectors, which are kept as float32 or shorter.

import { lanes, step } from './multiply';

/** Rows whose beginnings are read together. */
const foundRows: usize = 16;
let found: u64 = 0;

/**
 * Reads where each of `count` named rows begins: they lie far apart, and so a processor waits for many of their
 * pages at once, and fetches what follows.
 */
function find(vectors: usize, stride: usize, rows: usize, count: usize): void {
  let read: u64 = 0;
  for (let i: usize = 0; i < count; i++) {
    const row = vectors + <usize>load<u32>(rows + (i << 2)) * stride;
    read |= load<u32>(row);
  }
  // So that no compiler thinks it was for nothing.
  found = read;
}

/** The dot products of `query` and the named rows of `vectors`, which may be of any length. */
export function dotProducts(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const stride = <usize>columns << 2;
  const bytes = <usize>(columns & ~3) << 2;
  const rest = columns & 3;
  const whole = count & ~3;
  for (let i: usize = 0; i < whole; i += 4) {
    const at = rows + (i << 2);
    if ((i & (foundRows - 1)) == 0) find(vectors, stride, at, min(foundRows, <usize>count - i));
    const b0 = vectors + <usize>load<u32>(at) * stride;
    const b1 = vectors + <usize>load<u32>(at, 4) * stride;
    const b2 = vectors + <usize>load<u32>(at, 8) * stride;
    const b3 = vectors + <usize>load<u32>(at, 12) * stride;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let p: usize = 0; p < bytes; p += 16) {
      const x = v128.load(query + p);
      s0 = step(s0, x, v128.load(b0 + p));
      s1 = step(s1, x, v128.load(b1 + p));
      s2 = step(s2, x, v128.load(b2 + p));
      s3 = step(s3, x, v128.load(b3 + p));
    }
    const o = output + (i << 2);
    store<f32>(o, total(s0, query + bytes, b0 + bytes, rest));
    store<f32>(o, total(s1, query + bytes, b1 + bytes, rest), 4);
    store<f32>(o, total(s2, query + bytes, b2 + bytes, rest), 8);
    store<f32>(o, total(s3, query + bytes, b3 + bytes, rest), 12);
  }
  for (let i: usize = whole; i < count; i++) {
    const b = vectors + <usize>load<u32>(rows + (i << 2)) * stride;
    let sum = f32x4.splat(0);
    for (let p: usize = 0; p < bytes; p += 16) {
      sum = step(sum, v128.load(query + p), v128.load(b + p));
    }
    store<f32>(output + (i << 2), total(sum, query + bytes, b + bytes, rest));
  }
}

/** The lanes added up, after the values that are left over have joined theirs. */
@inline function total(sum: v128, a: usize, b: usize, rest: u32): f32 {
  let s = sum;
  if (rest > 0) s = f32x4.add(s, f32x4.replace_lane(f32x4.splat(0), 0, load<f32>(a) * load<f32>(b)));
  if (rest > 1) s = f32x4.add(s, f32x4.replace_lane(f32x4.splat(0), 1, load<f32>(a, 4) * load<f32>(b, 4)));
  if (rest > 2) s = f32x4.add(s, f32x4.replace_lane(f32x4.splat(0), 2, load<f32>(a, 8) * load<f32>(b, 8)));
  return lanes(s);
}

/** 2^112: takes a float16's exponent, put where a float32 has its own, to its value. */
const rebase: f32 = 5192296858534828e18;

/** Four float16 values as float32, less by `rebase`, exactly. They must be finite. */
@inline function halves(at: usize): v128 {
  // The sign takes the three bits behind it along.
  return v128.and(i32x4.shl(v128.load16x4_s(at), 13), i32x4.splat(0x8fffe000));
}

/**
 * Rows of `columns` float16 values, padded with zeros to a multiple of four; so is the query, which is
 * multiplied with `rebase` and must stay finite. Summed in four lanes, as float32 vectors are.
 */
export function dotProductsOfHalves(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const stride = <usize>columns << 1;
  for (let j: usize = 0; j < stride; j += 8) {
    const at = query + (j << 1);
    v128.store(at, f32x4.mul(v128.load(at), f32x4.splat(rebase)));
  }
  const whole = <usize>count & ~3;
  for (let i: usize = 0; i < whole; i += 4) {
    const at = rows + (i << 2);
    if ((i & (foundRows - 1)) == 0) find(vectors, stride, at, min(foundRows, <usize>count - i));
    const b0 = vectors + <usize>load<u32>(at) * stride;
    const b1 = vectors + <usize>load<u32>(at, 4) * stride;
    const b2 = vectors + <usize>load<u32>(at, 8) * stride;
    const b3 = vectors + <usize>load<u32>(at, 12) * stride;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let j: usize = 0; j < stride; j += 8) {
      const x = v128.load(query + (j << 1));
      s0 = step(s0, x, halves(b0 + j));
      s1 = step(s1, x, halves(b1 + j));
      s2 = step(s2, x, halves(b2 + j));
      s3 = step(s3, x, halves(b3 + j));
    }
    const o = output + (i << 2);
    store<f32>(o, lanes(s0));
    store<f32>(o, lanes(s1), 4);
    store<f32>(o, lanes(s2), 8);
    store<f32>(o, lanes(s3), 12);
  }
  for (let i = whole; i < count; i++) {
    const b = vectors + <usize>load<u32>(rows + (i << 2)) * stride;
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < stride; j += 8) {
      sum = step(sum, v128.load(query + (j << 1)), halves(b + j));
    }
    store<f32>(output + (i << 2), lanes(sum));
  }
}

let read: u64 = 0;

/**
 * Reads through `count` named rows, none if it is less than one, so that they are there when they are scored:
 * they lie far apart, and a processor fetches ahead only what follows.
 */
function readAhead(vectors: usize, stride: usize, rows: usize, count: i32): void {
  let all = read;
  for (let i: i32 = 0; i < count; i++) {
    const row = vectors + <usize>load<u32>(rows + (i << 2)) * stride;
    for (let p: usize = 0; p < stride; p += 64) all |= load<u64>(row + p);
  }
  // So that no compiler thinks it was for nothing.
  read = all;
}

/**
 * Rows of a scale and `columns` int8 values, padded with zeros to a multiple of eight; the query is int16,
 * padded so as well. Exact sums of whole numbers, without the scales.
 */
export function dotProductsOfBytes(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const stride = <usize>columns + 4;
  for (let i: usize = 0; i < count; i++) {
    const at = rows + (i << 2);
    if ((i & 3) == 0) readAhead(vectors, stride, at + 16, min(4, <i32>count - <i32>i - 4));
    const p = vectors + <usize>load<u32>(at) * stride + 4;
    let sum = i32x4.splat(0);
    for (let j: usize = 0; j < columns; j += 8) {
      const products = i32x4.dot_i16x8_s(v128.load8x8_s(p + j), v128.load(query + (j << 1)));
      sum = i32x4.add(sum, products);
    }
    store<i32>(output + (i << 2), wholeLanes(sum));
  }
}

@inline function wholeLanes(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) +
    (i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3))
  );
}

/** Adds the products of sixteen values of a query and the levels that as many bytes name. */
@inline function addLevels(sum: v128, levels: v128, numbers: v128, query: usize): v128 {
  const values = i8x16.swizzle(levels, numbers);
  return i32x4.add(
    i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(values), v128.load(query))),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(values), v128.load(query, 16)),
  );
}

/**
 * Rows of a scale and numbers of levels, two in each byte, padded to a multiple of four bytes. `query` has the 16
 * levels, int8, then int16 values: for each 16 bytes those of the lower bits, then those of the upper. They are
 * zero where no number is: what is read there is behind the row. Exact sums of whole numbers, without the scales.
 */
export function dotProductsOfNibbles(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const bytes = <usize>((columns + 7) >> 3) << 2;
  const stride = bytes + 4;
  const levels = v128.load(query);
  const mask = i8x16.splat(15);
  for (let i: usize = 0; i < count; i++) {
    const at = rows + (i << 2);
    if ((i & 3) == 0) readAhead(vectors, stride, at + 16, min(4, <i32>count - <i32>i - 4));
    const p = vectors + <usize>load<u32>(at) * stride + 4;
    let sum = i32x4.splat(0);
    for (let j: usize = 0, q = query + 16; j < bytes; j += 16, q += 64) {
      const x = v128.load(p + j);
      sum = addLevels(sum, levels, v128.and(x, mask), q);
      sum = addLevels(sum, levels, v128.and(i16x8.shr_u(x, 4), mask), q + 32);
    }
    store<i32>(output + (i << 2), wholeLanes(sum));
  }
}

/** The same for numbers of two bits, four in each byte, of 4 levels. */
export function dotProductsOfPairs(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const bytes = <usize>((columns + 15) >> 4) << 2;
  const stride = bytes + 4;
  const levels = v128.load(query);
  const mask = i8x16.splat(3);
  for (let i: usize = 0; i < count; i++) {
    const at = rows + (i << 2);
    if ((i & 3) == 0) readAhead(vectors, stride, at + 16, min(4, <i32>count - <i32>i - 4));
    const p = vectors + <usize>load<u32>(at) * stride + 4;
    let sum = i32x4.splat(0);
    for (let j: usize = 0, q = query + 16; j < bytes; j += 16, q += 128) {
      const x = v128.load(p + j);
      sum = addLevels(sum, levels, v128.and(x, mask), q);
      sum = addLevels(sum, levels, v128.and(i16x8.shr_u(x, 2), mask), q + 32);
      sum = addLevels(sum, levels, v128.and(i16x8.shr_u(x, 4), mask), q + 64);
      sum = addLevels(sum, levels, v128.and(i16x8.shr_u(x, 6), mask), q + 96);
    }
    store<i32>(output + (i << 2), wholeLanes(sum));
  }
}
