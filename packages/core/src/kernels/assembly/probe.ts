// Nothing but counting bits, in both ways: small, so that engines compile it in full within a moment.

/** How many ones there are in `words` 64-bit words, eight bytes at a time. */
export function countInWords(at: usize, words: u32): u32 {
  let sum: u64 = 0;
  for (let w: u32 = 0; w < words; w++) sum += popcnt<u64>(load<u64>(at + (<usize>w << 3)));
  return <u32>sum;
}

/** The same sixteen bytes at a time; `words` is even. */
export function countInLanes(at: usize, words: u32): u32 {
  let sums = i32x4.splat(0);
  for (let p: usize = 0; p < <usize>words << 3; p += 16) {
    const counts = i8x16.popcnt(v128.load(at + p));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts)));
  }
  return (
    i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) +
    (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3))
  );
}
