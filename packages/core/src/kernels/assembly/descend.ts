// Coordinate descent over the bits of codes: each bit in turn takes the sign of its field, until none of a
// code wants to change. See quantizers/autoencoder/local-fields.ts for what is descended.

/**
 * `residuals` and `signs` hold `bits` values a row and are changed in place; `couplings` is symmetric, `bits
 * x bits`; there is room for `bits` values at `diagonal`. Afterwards `residuals` holds the fields: what each bit gains by
 * being 1 rather than -1. `bits` is a multiple of 4; bits that are there to make it one are uncoupled, and stay as they
 * are.
 */
export function descend(
  residuals: usize, signs: usize, rows: u32, couplings: usize, diagonal: usize, bits: u32, rounds: u32,
): void {
  const bytes = <usize>bits << 2;
  for (let j: usize = 0; j < bytes; j += 4) {
    store<f32>(diagonal + j, load<f32>(couplings + (j >> 2) * bytes + j));
  }
  for (let i: u32 = 0; i < rows; i++, residuals += bytes, signs += bytes) {
    descendRow(residuals, signs, couplings, diagonal, bytes, rounds);
    for (let j: usize = 0; j < bytes; j += 16) {
      v128.store(residuals + j, fields(residuals, signs, diagonal, j));
    }
  }
}

/** Those of four bits. */
@inline function fields(residuals: usize, signs: usize, diagonal: usize, j: usize): v128 {
  const own = f32x4.mul(v128.load(diagonal + j), v128.load(signs + j));
  return f32x4.add(v128.load(residuals + j), own);
}

function descendRow(
  residuals: usize, signs: usize, couplings: usize, diagonal: usize, bytes: usize, rounds: u32,
): void {
  const zero = f32x4.splat(0);
  for (let round: u32 = 0; round < rounds; round++) {
    let changed = false;
    for (let j: usize = 0; j < bytes; j += 16) {
      // Bit after bit, but those that stay as they are are found four at a time.
      for (let left: i32 = 15; ; ) {
        const wanted = f32x4.gt(fields(residuals, signs, diagonal, j), zero);
        const present = f32x4.gt(v128.load(signs + j), zero);
        const different = i32x4.bitmask(v128.xor(wanted, present)) & left;
        if (different == 0) break;
        const lane = ctz(different);
        left &= -2 << lane;
        const at = j + (<usize>lane << 2);
        const sign: f32 = -load<f32>(signs + at);
        store<f32>(signs + at, sign);
        const change = f32x4.splat(sign + sign);
        const coupling = couplings + (at >> 2) * bytes;
        for (let l: usize = 0; l < bytes; l += 16) {
          const moved = f32x4.mul(change, v128.load(coupling + l));
          v128.store(residuals + l, f32x4.sub(v128.load(residuals + l), moved));
        }
        changed = true;
      }
    }
    if (!changed) return;
  }
}
