/**
 * The dot product of `query` and as many values from `offset` on: float32, summed in four lanes which are
 * then added as (0 + 1) + (2 + 3). WebAssembly adds in the same order.
 */
export function dotProduct(values: Float32Array, offset: number, query: Float32Array): number {
  const f32 = Math.fround;
  const { length } = query;
  const whole = length & ~3;
  let lane0 = 0;
  let lane1 = 0;
  let lane2 = 0;
  let lane3 = 0;
  for (let j = 0, p = offset; j < whole; j += 4, p += 4) {
    lane0 = f32(lane0 + f32(values[p] * query[j]));
    lane1 = f32(lane1 + f32(values[p + 1] * query[j + 1]));
    lane2 = f32(lane2 + f32(values[p + 2] * query[j + 2]));
    lane3 = f32(lane3 + f32(values[p + 3] * query[j + 3]));
  }
  const rest = length - whole;
  const last = offset + whole;
  if (rest > 0) lane0 = f32(lane0 + f32(values[last] * query[whole]));
  if (rest > 1) lane1 = f32(lane1 + f32(values[last + 1] * query[whole + 1]));
  if (rest > 2) lane2 = f32(lane2 + f32(values[last + 2] * query[whole + 2]));
  return f32(f32(lane0 + lane1) + f32(lane2 + lane3));
}
