// Dot products of a query and vectors that are kept shorter than as float32, of named rows.

/** 2^112: takes a float16's exponent, put where a float32 has its own, to its value. */
const rebase: f32 = 5192296858534828e18;

/** Four float16 values as float32, exactly. They must be finite. */
@inline function halves(at: usize): v128 {
  const bits = v128.load16x4_u(at);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  return v128.or(f32x4.mul(magnitude, f32x4.splat(rebase)), sign);
}

/**
 * Rows of `columns` float16 values, padded with zeros to a multiple of four; so is the query. Summed in
 * four lanes, as float32 vectors are.
 */
export function dotProductsOfHalves(
  vectors: usize, columns: u32, query: usize, rows: usize, count: u32, output: usize,
): void {
  const stride = <usize>columns << 1;
  for (let i: usize = 0; i < count; i++) {
    const p = vectors + <usize>load<u32>(rows + (i << 2)) * stride;
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < stride; j += 8) {
      sum = f32x4.add(sum, f32x4.mul(halves(p + j), v128.load(query + (j << 1))));
    }
    store<f32>(
      output + (i << 2),
      f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
        (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)),
    );
  }
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
    const p = vectors + <usize>load<u32>(rows + (i << 2)) * stride + 4;
    let sum = i32x4.splat(0);
    for (let j: usize = 0; j < columns; j += 8) {
      const products = i32x4.dot_i16x8_s(v128.load8x8_s(p + j), v128.load(query + (j << 1)));
      sum = i32x4.add(sum, products);
    }
    store<i32>(
      output + (i << 2),
      i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) +
        (i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)),
    );
  }
}
