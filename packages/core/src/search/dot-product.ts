/** The dot product of `query` and as many values from `offset` on. */
export function dotProduct(values: Float32Array, offset: number, query: Float32Array): number {
  const { length } = query;
  // Four sums, so that the additions do not wait for one another.
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let j = 0;
  for (let p = offset; j + 3 < length; j += 4, p += 4) {
    sum0 += values[p] * query[j];
    sum1 += values[p + 1] * query[j + 1];
    sum2 += values[p + 2] * query[j + 2];
    sum3 += values[p + 3] * query[j + 3];
  }
  for (; j < length; j++) sum0 += values[offset + j] * query[j];
  return sum0 + sum1 + (sum2 + sum3);
}
