import type { RoundedWeights } from '../rounded-weights.ts';
import { roundedWeights, unitOf } from '../rounded-weights.ts';

/** A query's values in whole numbers, and what one of these counts for. */
export interface QueryWeights extends RoundedWeights {
  readonly unit: number;
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
  return rounded(values, peak / 127 || 1, 127);
}

function roundedAlike(values: Float32Array, largest: 3 | 7): QueryWeights {
  return rounded(values, unitOf(values, unitShares[largest]), largest);
}

function rounded(values: Float32Array, unit: number, largest: number): QueryWeights {
  return { ...roundedWeights(values, unit, largest), unit };
}
