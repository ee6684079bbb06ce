/** What the values of a query are rounded to: whole numbers of a unit. */
export interface QueryWeights {
  /** One per bit. */
  readonly weights: Int8Array;
  readonly unit: number;
  /** Of the weights without their signs. */
  readonly total: number;
}

/** Of the root mean square of the values: about what loses least where they are normally distributed. */
const coarseShare = 0.7;
const largestCoarse = 3;
const largestFine = 127;

/** Rounds the values, one per bit of a code, to whole numbers from -3 to 3, which are quickly counted. */
export function coarseWeights(values: Float32Array): QueryWeights {
  let square = 0;
  for (let bit = 0; bit < values.length; bit++) square += values[bit] * values[bit];
  return rounded(values, coarseShare * Math.sqrt(square / values.length), largestCoarse);
}

/** Rounds them to whole numbers from -127 to 127. */
export function fineWeights(values: Float32Array): QueryWeights {
  let peak = 0;
  for (let bit = 0; bit < values.length; bit++) peak = Math.max(peak, Math.abs(values[bit]));
  return rounded(values, peak / largestFine, largestFine);
}

function rounded(values: Float32Array, share: number, largest: number): QueryWeights {
  const unit = share || 1;
  const weights = new Int8Array(values.length);
  let total = 0;
  for (let bit = 0; bit < values.length; bit++) {
    // Rounded half up, without branches that could not be foreseen, as Math.round has them.
    const units = Math.min(largest, Math.max(-largest, values[bit] / unit));
    const weight = ((units + (largest + 0.5)) | 0) - largest;
    weights[bit] = weight;
    total += Math.abs(weight);
  }
  return { weights, unit, total };
}
