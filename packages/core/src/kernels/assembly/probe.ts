// Nothing but distances of codes of 256 bits, counted in both ways: small, so that engines compile it in
// full within a moment.

/** The sum of the distances of `count` codes to the first, eight bytes at a time. */
export function countInWords(codes: usize, count: u32): u32 {
  let sum: u32 = 0;
  for (let p = codes, end = codes + (<usize>count << 5); p < end; p += 32) {
    sum += <u32>(
      popcnt<u64>(load<u64>(codes) ^ load<u64>(p)) +
      popcnt<u64>(load<u64>(codes, 8) ^ load<u64>(p, 8)) +
      (popcnt<u64>(load<u64>(codes, 16) ^ load<u64>(p, 16)) +
        popcnt<u64>(load<u64>(codes, 24) ^ load<u64>(p, 24)))
    );
  }
  return sum;
}

/** The same sixteen bytes at a time. */
export function countInLanes(codes: usize, count: u32): u32 {
  let sum: u32 = 0;
  for (let p = codes, end = codes + (<usize>count << 5); p < end; p += 32) {
    const counts = i8x16.add(
      i8x16.popcnt(v128.xor(v128.load(codes), v128.load(p))),
      i8x16.popcnt(v128.xor(v128.load(codes, 16), v128.load(p, 16))),
    );
    const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
    sum +=
      i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) +
      (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
  }
  return sum;
}
