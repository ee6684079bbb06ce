/**
 * The product of two rows that lie at the same place: in four sums, whose additions do not wait for one another.
 * They are declared one by one, as a list of four would be garbage for every row.
 */
export function rowProduct(
  a: Float32Array,
  b: Float32Array,
  offset: number,
  length: number,
): number {
  const end = offset + length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let p = offset;
  for (; p + 4 <= end; p += 4) {
    s0 += a[p] * b[p];
    s1 += a[p + 1] * b[p + 1];
    s2 += a[p + 2] * b[p + 2];
    s3 += a[p + 3] * b[p + 3];
  }
  for (; p < end; p++) s0 += a[p] * b[p];
  return s0 + s1 + s2 + s3;
}
