/** Whole numbers, one per bit of a code, that a query's values are rounded to. */
export interface RoundedWeights {
  readonly weights: Int8Array;
  /** Of the weights without their signs. */
  readonly total: number;
}

/** Rounds the values to multiples of a unit, from `-largest` to `largest` of them, up to 127. */
export function roundedWeights(
  values: Float32Array,
  unit: number,
  largest: number,
): RoundedWeights {
  const weights = new Int8Array(values.length);
  let total = 0;
  for (let bit = 0; bit < values.length; bit++) {
    // Rounded half up, without branches that could not be foreseen, as Math.round has them.
    const units = Math.min(largest, Math.max(-largest, values[bit] / unit));
    const weight = ((units + (largest + 0.5)) | 0) - largest;
    weights[bit] = weight;
    total += Math.abs(weight);
  }
  return { weights, total };
}

/** A share of the root mean square of the values; 1 where all of them are 0. */
export function unitOf(values: Float32Array, share: number): number {
  let square = 0;
  for (let bit = 0; bit < values.length; bit++) square += values[bit] * values[bit];
  return share * Math.sqrt(square / values.length) || 1;
}
