// Rotates rows by random signs and Walsh-Hadamard transforms.
//
// A transform of n values takes log2(n) rounds of sums and differences of pairs: of values 1 apart, then 2, 4
// and so on. The JavaScript twin takes them in the same order, so that both give the same bits.

const odd = i32x4(0, i32.MIN_VALUE, 0, i32.MIN_VALUE);
const upper = i32x4(0, 0, i32.MIN_VALUE, i32.MIN_VALUE);

/** Multiplies values with as many factors, and adds and subtracts those that are 1 and then 2 apart. */
@inline function begin(values: usize, factors: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let x = f32x4.mul(v128.load(values + at), v128.load(factors + at));
    x = f32x4.add(v128.shuffle<i32>(x, x, 1, 0, 3, 2), v128.xor(x, odd));
    x = f32x4.add(v128.shuffle<i32>(x, x, 2, 3, 0, 1), v128.xor(x, upper));
    v128.store(values + at, x);
  }
}

/** Adds and subtracts values that are `apart` bytes apart, and then twice as many. */
@inline function passTwo(values: usize, bytes: usize, apart: usize): void {
  for (let block = values; block < values + bytes; block += apart << 2) {
    for (let a = block, end = block + apart; a < end; a += 16) {
      const b = a + apart;
      const c = b + apart;
      const d = c + apart;
      const va = v128.load(a), vb = v128.load(b), vc = v128.load(c), vd = v128.load(d);
      const ab = f32x4.add(va, vb), cd = f32x4.add(vc, vd);
      const differenceAb = f32x4.sub(va, vb), differenceCd = f32x4.sub(vc, vd);
      v128.store(a, f32x4.add(ab, cd));
      v128.store(b, f32x4.add(differenceAb, differenceCd));
      v128.store(c, f32x4.sub(ab, cd));
      v128.store(d, f32x4.sub(differenceAb, differenceCd));
    }
  }
}

@inline function passOne(values: usize, bytes: usize, apart: usize): void {
  for (let block = values; block < values + bytes; block += apart << 1) {
    for (let a = block, end = block + apart; a < end; a += 16) {
      const x = v128.load(a), y = v128.load(a + apart);
      v128.store(a, f32x4.add(x, y));
      v128.store(a + apart, f32x4.sub(x, y));
    }
  }
}

/**
 * Rotates rows of `columns` values, `rowBytes` apart, in place. Each round takes `size` of them, a power of two, of at
 * least four: the first and the last in turns, times the round's factors. The first `wanted` of a row, plus `bias`,
 * are written to `output`, row behind row, with up to three more behind the last.
 */
export function rotate(
  vectors: usize, rows: u32, columns: u32, rowBytes: usize, factors: usize, size: u32, rounds: u32,
  bias: usize, wanted: u32, output: usize,
): void {
  const bytes = <usize>size << 2;
  const last = <usize>(columns - size) << 2;
  for (let row = vectors, end = vectors + <usize>rows * rowBytes; row < end; row += rowBytes) {
    for (let round: u32 = 0; round < rounds; round++) {
      const values = row + ((round & 1) != 0 ? last : 0);
      begin(values, factors + <usize>round * bytes, bytes);
      let apart: usize = 16;
      for (; apart << 1 < bytes; apart <<= 2) passTwo(values, bytes, apart);
      if (apart < bytes) passOne(values, bytes, apart);
    }
    const wantedBytes = <usize>wanted << 2;
    for (let at: usize = 0; at < wantedBytes; at += 16) {
      v128.store(output + at, f32x4.add(v128.load(row + at), v128.load(bias + at)));
    }
    output += wantedBytes;
  }
}
