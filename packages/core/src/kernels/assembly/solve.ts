// Float64 for what is solved and diagonalized: two values side by side, each in the order of JavaScript's twin.

/** Subtracts rows `start` to `end` (exclusive), times weights that are `weightBytes` apart, from the row at `to`. */
@inline function subtractRows(
  to: usize, right: usize, start: usize, end: usize, bytes: usize, weights: usize, weightBytes: usize,
): void {
  let row = start;
  for (; row + 4 <= end; row += 4) {
    const w = weights + row * weightBytes;
    const a = v128.load64_splat(w);
    const b = v128.load64_splat(w + weightBytes);
    const c = v128.load64_splat(w + 2 * weightBytes);
    const d = v128.load64_splat(w + 3 * weightBytes);
    let q = right + row * bytes;
    for (let p = to; p < to + bytes; p += 16, q += 16) {
      let value = f64x2.sub(v128.load(p), f64x2.mul(a, v128.load(q)));
      value = f64x2.sub(value, f64x2.mul(b, v128.load(q + bytes)));
      value = f64x2.sub(value, f64x2.mul(c, v128.load(q + 2 * bytes)));
      v128.store(p, f64x2.sub(value, f64x2.mul(d, v128.load(q + 3 * bytes))));
    }
  }
  for (; row < end; row++) {
    const own = v128.load64_splat(weights + row * weightBytes);
    let q = right + row * bytes;
    for (let p = to; p < to + bytes; p += 16, q += 16) {
      v128.store(p, f64x2.sub(v128.load(p), f64x2.mul(own, v128.load(q))));
    }
  }
}

@inline function divideRow(to: usize, bytes: usize, divisor: f64): void {
  const divisors = f64x2.splat(divisor);
  for (let p = to; p < to + bytes; p += 16) v128.store(p, f64x2.div(v128.load(p), divisors));
}

/** Solves L Lᵀ X = B in place: `factor` is L, `size x size`; `right` has `columns` values a row, an even number. */
export function solveFactored(factor: usize, right: usize, size: u32, columns: u32): void {
  const bytes = <usize>columns << 3;
  const rowBytes = <usize>size << 3;
  for (let i: usize = 0; i < <usize>size; i++) {
    subtractRows(right + i * bytes, right, 0, i, bytes, factor + i * rowBytes, 8);
    divideRow(right + i * bytes, bytes, load<f64>(factor + i * (rowBytes + 8)));
  }
  for (let i: usize = <usize>size; i > 0; ) {
    i--;
    subtractRows(right + i * bytes, right, i + 1, <usize>size, bytes, factor + (i << 3), rowBytes);
    divideRow(right + i * bytes, bytes, load<f64>(factor + i * (rowBytes + 8)));
  }
}

/**
 * Turns neighbouring vectors towards one another, `turns` times: `first` names the former of the two. The coordinates
 * of vectors lie in `groups` of four, and within these vector after vector.
 */
export function turnVectors(
  values: usize, groups: u32, groupBytes: usize, first: usize, cosines: usize, sines: usize, turns: u32,
): void {
  for (let group: u32 = 0; group < groups; group++, values += groupBytes) {
    for (let t: usize = 0; t < <usize>turns; t++) {
      const cosine = v128.load64_splat(cosines + (t << 3));
      const sine = v128.load64_splat(sines + (t << 3));
      const p = values + (<usize>load<u32>(first + (t << 2)) << 5);
      const a = v128.load(p), a2 = v128.load(p, 16);
      const b = v128.load(p, 32), b2 = v128.load(p, 48);
      v128.store(p, f64x2.add(f64x2.mul(cosine, a), f64x2.mul(sine, b)));
      v128.store(p, f64x2.add(f64x2.mul(cosine, a2), f64x2.mul(sine, b2)), 16);
      v128.store(p, f64x2.sub(f64x2.mul(cosine, b), f64x2.mul(sine, a)), 32);
      v128.store(p, f64x2.sub(f64x2.mul(cosine, b2), f64x2.mul(sine, a2)), 48);
    }
  }
}
