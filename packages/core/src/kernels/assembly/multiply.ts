// out[i][j] = a[i] . b[j] + bias[j]: the product of a with the transpose of b, both row-major.
//
// Every dot product is summed in four lanes which are then added as (0 + 1) + (2 + 3): the JavaScript
// twin adds in the same order, so that both give the same bits. Rows are padded to whole lanes.

@inline
export function lanes(sum: v128): f32 {
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

@inline
export function step(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** One dot product, of rows that are padded to whole lanes. */
export function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let p: usize = 0; p < bytes; p += 16) sum = step(sum, v128.load(a + p), v128.load(b + p));
  return lanes(sum);
}

/** Four dot products side by side, whose additions do not wait for one another. */
@inline
export function dotFour(
  a: usize, b0: usize, b1: usize, b2: usize, b3: usize, bytes: usize, output: usize,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let p: usize = 0; p < bytes; p += 16) {
    const x = v128.load(a + p);
    s0 = step(s0, x, v128.load(b0 + p));
    s1 = step(s1, x, v128.load(b1 + p));
    s2 = step(s2, x, v128.load(b2 + p));
    s3 = step(s3, x, v128.load(b3 + p));
  }
  store<f32>(output, lanes(s0));
  store<f32>(output, lanes(s1), 4);
  store<f32>(output, lanes(s2), 8);
  store<f32>(output, lanes(s3), 12);
}

/** `inner` is a multiple of 4. */
export function multiplyTransposed(
  a: usize, rowsA: u32, b: usize, rowsB: u32, inner: u32, bias: usize, output: usize,
): void {
  const bytes = <usize>inner << 2;
  const wholeA = rowsA & ~1;
  const wholeB = rowsB & ~3;
  // Blocks of 2 x 4 results use each loaded lane several times and fill the registers.
  for (let j: usize = 0; j < wholeB; j += 4) {
    const b0 = b + j * bytes;
    const b1 = b0 + bytes;
    const b2 = b1 + bytes;
    const b3 = b2 + bytes;
    for (let i: usize = 0; i < wholeA; i += 2) {
      const a0 = a + i * bytes;
      const a1 = a0 + bytes;
      let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s03 = s00;
      let s10 = s00, s11 = s00, s12 = s00, s13 = s00;
      for (let p: usize = 0; p < bytes; p += 16) {
        const x0 = v128.load(a0 + p);
        const x1 = v128.load(a1 + p);
        const y0 = v128.load(b0 + p);
        const y1 = v128.load(b1 + p);
        const y2 = v128.load(b2 + p);
        const y3 = v128.load(b3 + p);
        s00 = step(s00, x0, y0);
        s01 = step(s01, x0, y1);
        s02 = step(s02, x0, y2);
        s03 = step(s03, x0, y3);
        s10 = step(s10, x1, y0);
        s11 = step(s11, x1, y1);
        s12 = step(s12, x1, y2);
        s13 = step(s13, x1, y3);
      }
      const o0 = output + ((i * rowsB + j) << 2);
      const o1 = o0 + (rowsB << 2);
      store<f32>(o0, lanes(s00));
      store<f32>(o0, lanes(s01), 4);
      store<f32>(o0, lanes(s02), 8);
      store<f32>(o0, lanes(s03), 12);
      store<f32>(o1, lanes(s10));
      store<f32>(o1, lanes(s11), 4);
      store<f32>(o1, lanes(s12), 8);
      store<f32>(o1, lanes(s13), 12);
    }
    if (wholeA < rowsA) {
      const last = a + <usize>wholeA * bytes;
      dotFour(last, b0, b1, b2, b3, bytes, output + ((<usize>wholeA * rowsB + j) << 2));
    }
  }
  for (let i: usize = 0; i < rowsA; i++) {
    for (let j: usize = wholeB; j < rowsB; j++) {
      store<f32>(output + ((i * rowsB + j) << 2), dot(a + i * bytes, b + j * bytes, bytes));
    }
    const o = output + ((i * rowsB) << 2);
    for (let j: usize = 0; j < rowsB; j++) {
      store<f32>(o + (j << 2), load<f32>(o + (j << 2)) + load<f32>(bias + (j << 2)));
    }
  }
}
