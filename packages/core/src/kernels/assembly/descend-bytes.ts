// Coordinate descent over the bits of codes whose bytes name vectors: x is about the sum of one vector per
// byte. See Kernel.createByteDescent for what is descended.

@inline function step(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

@inline function total(sum: v128): f32 {
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/** Summed in four lanes, as everywhere. */
function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let p: usize = 0; p < bytes; p += 16) sum = step(sum, v128.load(a + p), v128.load(b + p));
  return total(sum);
}

/** The dot products of `a` and the four vectors whose numbers differ from `value` in one bit, from `first` on. */
function dotFour(
  a: usize, book: usize, value: usize, first: usize, stride: usize, output: usize,
): void {
  const b0 = book + (value ^ first) * stride;
  const b1 = book + (value ^ (first << 1)) * stride;
  const b2 = book + (value ^ (first << 2)) * stride;
  const b3 = book + (value ^ (first << 3)) * stride;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let p: usize = 0; p < stride; p += 16) {
    const x = v128.load(a + p);
    s0 = step(s0, x, v128.load(b0 + p));
    s1 = step(s1, x, v128.load(b1 + p));
    s2 = step(s2, x, v128.load(b2 + p));
    s3 = step(s3, x, v128.load(b3 + p));
  }
  store<f32>(output, total(s0));
  store<f32>(output, total(s1), 4);
  store<f32>(output, total(s2), 8);
  store<f32>(output, total(s3), 12);
}

/** What the error grows by if a bit is flipped: |d|² - 2 r·d, and what its weight asks. */
@inline function growth(squared: f32, along: f32, alongNew: f32, weight: f32, isOne: bool): f32 {
  return squared - 2.0 * (alongNew - along) + (isOne ? 4.0 * weight : -4.0 * weight);
}

/**
 * `residuals` has `columns` values a row, a multiple of 4, and `codes` one of `bytes` bytes a row: both are
 * changed in place. `books` has 256 vectors per byte, `squares` 8 values for each: how far it is from the
 * one that differs in a bit, squared. There is room for 8 values at `alongs`. `weights` and `fields` have a
 * value per bit.
 */
export function descendBytes(
  residuals: usize, codes: usize, weights: usize, fields: usize, rows: u32,
  books: usize, squares: usize, alongs: usize, bytes: u32, columns: u32, rounds: u32,
): void {
  const stride = <usize>columns << 2;
  // Byte by byte, so that the vectors of one stay in the cache while the rows stream past.
  for (let round: u32 = 0; round <= rounds; round++) {
    const isLast = round == rounds;
    let changed = false;
    for (let byte: u32 = 0; byte < bytes; byte++) {
      const book = books + <usize>byte * 256 * stride;
      const square = squares + (<usize>byte << 13);
      let residual = residuals;
      for (let i: u32 = 0; i < rows; i++, residual += stride) {
        const code = codes + <usize>i * bytes + byte;
        const first = (<usize>i * bytes + byte) << 5;
        let value = <usize>load<u8>(code);
        let along = dot(residual, book + value * stride, stride);
        dotFour(residual, book, value, 1, stride, alongs);
        dotFour(residual, book, value, 16, stride, alongs + 16);
        let isStale = false;
        for (let bit: usize = 0; bit < 8; bit++) {
          const other = value ^ (<usize>1 << bit);
          // Once a bit of the byte has changed, what was summed up for the others no longer holds.
          const alongNew = isStale
            ? dot(residual, book + other * stride, stride)
            : load<f32>(alongs + (bit << 2));
          const isOne = ((value >> bit) & 1) == 1;
          const at = bit << 2;
          const change = growth(
            load<f32>(square + (value << 5) + at), along, alongNew,
            load<f32>(weights + first + at), isOne,
          );
          if (isLast) {
            store<f32>(fields + first + at, isOne ? 0.25 * change : -0.25 * change);
          } else if (change < 0) {
            move(residual, book + value * stride, book + other * stride, stride);
            value = other;
            along = dot(residual, book + value * stride, stride);
            isStale = true;
            changed = true;
          }
        }
        store<u8>(code, <u8>value);
      }
    }
    // Nothing more will change: straight to the fields.
    if (!changed && !isLast) round = rounds - 1;
  }
}

function move(residual: usize, from: usize, to: usize, bytes: usize): void {
  for (let p: usize = 0; p < bytes; p += 16) {
    const change = f32x4.sub(v128.load(to + p), v128.load(from + p));
    v128.store(residual + p, f32x4.sub(v128.load(residual + p), change));
  }
}
