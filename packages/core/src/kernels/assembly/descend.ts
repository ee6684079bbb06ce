// Coordinate descent over the bits of codes: each bit in turn takes the sign of its field, until none of a
// code wants to change. See quantizers/autoencoder/local-fields.ts for what is descended.

/**
 * `residuals` and `signs` hold `bits` values a row and are changed in place; `couplings` is symmetric, `bits
 * x bits`. Afterwards `residuals` holds the fields: what each bit gains by being 1 rather than -1. `bits` is
 * a multiple of 4; bits that are there to make it one are uncoupled, and stay as they are.
 */
export function descend(
  residuals: usize, signs: usize, rows: u32, couplings: usize, bits: u32, rounds: u32,
): void {
  const bytes = <usize>bits << 2;
  for (let i: u32 = 0; i < rows; i++, residuals += bytes, signs += bytes) {
    descendRow(residuals, signs, couplings, bytes, rounds);
    for (let j: usize = 0; j < bytes; j += 4) {
      store<f32>(residuals + j, field(residuals, signs, couplings, bytes, j));
    }
  }
}

@inline function field(residuals: usize, signs: usize, couplings: usize, bytes: usize, j: usize): f32 {
  return load<f32>(residuals + j) + load<f32>(couplings + (j >> 2) * bytes + j) * load<f32>(signs + j);
}

function descendRow(
  residuals: usize, signs: usize, couplings: usize, bytes: usize, rounds: u32,
): void {
  for (let round: u32 = 0; round < rounds; round++) {
    let changed = false;
    for (let j: usize = 0; j < bytes; j += 4) {
      const wanted: f32 = field(residuals, signs, couplings, bytes, j) > 0 ? 1 : -1;
      const present = load<f32>(signs + j);
      if (wanted == present) continue;
      store<f32>(signs + j, wanted);
      const change = f32x4.splat(wanted - present);
      const coupling = couplings + (j >> 2) * bytes;
      for (let l: usize = 0; l < bytes; l += 16) {
        const moved = f32x4.mul(change, v128.load(coupling + l));
        v128.store(residuals + l, f32x4.sub(v128.load(residuals + l), moved));
      }
      changed = true;
    }
    if (!changed) return;
  }
}
