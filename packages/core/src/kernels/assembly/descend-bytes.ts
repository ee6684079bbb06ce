// Coordinate descent over the bits of codes whose bytes name vectors: x is about the sum of one vector per
// byte. See MatrixKernel.createByteDescent for what is descended.

import { dot, dotFour } from './multiply';

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
        dotFour(
          residual,
          book + (value ^ 1) * stride, book + (value ^ 2) * stride,
          book + (value ^ 4) * stride, book + (value ^ 8) * stride, stride, alongs,
        );
        dotFour(
          residual,
          book + (value ^ 16) * stride, book + (value ^ 32) * stride,
          book + (value ^ 64) * stride, book + (value ^ 128) * stride, stride, alongs + 16,
        );
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
