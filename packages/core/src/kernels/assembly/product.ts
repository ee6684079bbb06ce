// out[i][j] = sum over p of a(i, p) * b[p][j], b row-major, a row-major or, for the product of its
// transpose, column by column: training needs both for its gradients, and neither needs a copy.
//
// Every result is summed in the order of p, so that JavaScript's twin gives the same bits. Four results
// side by side are the lanes of a register, 4 x 8 of them a block. Rows of b and out are padded to blocks.

@inline function step(sum: v128, a: usize, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(v128.load32_splat(a), b));
}

/** `rowBytes` and `innerBytes` lead from an element of a to that of the next i and the next p. */
export function multiplyStrided(
  a: usize, rowBytes: usize, innerBytes: usize, rows: u32, inner: u32, b: usize, columns: u32, output: usize,
): void {
  const stride = <usize>columns << 2;
  const whole = rows & ~3;
  // Two columns of vectors stay in the cache while all rows of a stream past.
  for (let j: usize = 0; j < stride; j += 32) {
    for (let i: usize = 0; i < whole; i += 4) {
      let a0 = a + i * rowBytes;
      let a1 = a0 + rowBytes;
      let a2 = a1 + rowBytes;
      let a3 = a2 + rowBytes;
      let at = b + j;
      let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
      let s20 = s00, s21 = s00, s30 = s00, s31 = s00;
      for (let p: u32 = 0; p < inner; p++) {
        const y0 = v128.load(at);
        const y1 = v128.load(at, 16);
        s00 = step(s00, a0, y0);
        s01 = step(s01, a0, y1);
        s10 = step(s10, a1, y0);
        s11 = step(s11, a1, y1);
        s20 = step(s20, a2, y0);
        s21 = step(s21, a2, y1);
        s30 = step(s30, a3, y0);
        s31 = step(s31, a3, y1);
        a0 += innerBytes;
        a1 += innerBytes;
        a2 += innerBytes;
        a3 += innerBytes;
        at += stride;
      }
      let o = output + i * stride + j;
      v128.store(o, s00);
      v128.store(o, s01, 16);
      o += stride;
      v128.store(o, s10);
      v128.store(o, s11, 16);
      o += stride;
      v128.store(o, s20);
      v128.store(o, s21, 16);
      o += stride;
      v128.store(o, s30);
      v128.store(o, s31, 16);
    }
    for (let i: usize = whole; i < <usize>rows; i++) {
      let a0 = a + i * rowBytes;
      let at = b + j;
      let s0 = f32x4.splat(0), s1 = s0;
      for (let p: u32 = 0; p < inner; p++) {
        s0 = step(s0, a0, v128.load(at));
        s1 = step(s1, a0, v128.load(at, 16));
        a0 += innerBytes;
        at += stride;
      }
      const o = output + i * stride + j;
      v128.store(o, s0);
      v128.store(o, s1, 16);
    }
  }
}
