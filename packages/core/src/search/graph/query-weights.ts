/** What the values of a query are rounded to: whole numbers of a unit. */
export interface QueryWeights {
  /** One per bit. */
  readonly weights: Int8Array;
  readonly unit: number;
  /** Of the weights without their signs. */
  readonly total: number;
}

/** Of the root mean square of the values, for each largest weight: about what loses least where they are normal. */
const unitShares = { 3: 0.7, 7: 0.4 };
/** Bits of a code from which on many small errors cancel out. */
const manyBits = 128;

/** Rounds the values, one per bit of a code, to whole numbers from -3 to 3, which are quickly counted. */
export function coarseWeights(values: Float32Array): QueryWeights {
  return roundedAlike(values, 3);
}

/** Rounds them as finely as it takes to tell the best codes apart: to -7 to 7 or, where there are few, to ±127. */
export function fineWeights(values: Float32Array): QueryWeights {
  if (values.length >= manyBits) return roundedAlike(values, 7);
  let peak = 0;
  for (let bit = 0; bit < values.length; bit++) peak = Math.max(peak, Math.abs(values[bit]));
  return rounded(values, peak / 127, 127);
}

function roundedAlike(values: Float32Array, largest: 3 | 7): QueryWeights {
  let square = 0;
  for (let bit = 0; bit < values.length; bit++) square += values[bit] * values[bit];
  return rounded(values, unitShares[largest] * Math.sqrt(square / values.length), largest);
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
