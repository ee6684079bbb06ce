import { largestTotalWeight } from '../../kernels/scan/sliced-memory.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';

/** Whole numbers, one per bit of a code, that a query's values are rounded to. */
interface RoundedWeights {
  readonly weights: Int8Array;
  /** Of the weights without their signs. */
  readonly total: number;
}

/** Rounds the values to multiples of a unit, from `-largest` to `largest` of them, up to 127. */
function roundedWeights(values: Float32Array, unit: number, largest: number): RoundedWeights {
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
function unitOf(values: Float32Array, share: number): number {
  let square = 0;
  for (let bit = 0; bit < values.length; bit++) square += values[bit] * values[bit];
  return share * Math.sqrt(square / values.length) || 1;
}

/** Of the root mean square of the values: what weighs 1. */
const prefixUnitShare = 0.65;
const largestWeight = 2;
/** Kernels add up as many bits of a weight at a time. */
const bitsAtATime = 8;

/**
 * What each bit of a code counts for, given the query's real values behind them: they are rounded to 0, 1 or
 * 2 units, so that a quarter of the bits, those that say least, need not be looked at. On sentence embeddings
 * that finds nearly as much as the values themselves do, and far more than counting all bits alike.
 *
 * Of each weight and sign there are so many bits that kernels have none left over.
 */
export function prefixWeights(values: Float32Array): Int8Array {
  const unit = unitOf(values, prefixUnitShare);
  const { weights, total } = roundedWeights(values, unit, largestWeight);
  if (total > largestTotalWeight) return equalWeights(values);
  for (let weight = largestWeight; weight > 0; weight--) {
    lowerRest(weights, values, weight);
    lowerRest(weights, values, -weight);
  }
  return weights;
}

/** What each of the leading bits of a code counts for in a scan that reads them alone. */
export function leadingWeights(values: Float32Array, { firstBits }: Quantizer): Int8Array {
  return firstBits === undefined ? prefixWeights(values) : firstBitWeights(values);
}

/**
 * The same for the first bits of codes in two parts, which are few, and each of which says much: as finely as a scan
 * of sliced codes can count.
 */
function firstBitWeights(values: Float32Array): Int8Array {
  for (const largest of [7, 3] as const) {
    const { weights, total } = roundedAlike(values, largest);
    if (total <= largestTotalWeight) return weights;
  }
  return prefixWeights(values);
}

/** All bits count alike: distances are Hamming distances then. */
export function equalWeights(values: Float32Array): Int8Array {
  return Int8Array.from(values, (value) => (value > 0 ? 1 : -1));
}

/** Of the bits of this weight, lowers those of the smallest values that are left over. */
function lowerRest(weights: Int8Array, values: Float32Array, weight: number): void {
  if (bits.length < weights.length) bits = new Uint32Array(weights.length);
  let count = 0;
  for (let bit = 0; bit < weights.length; bit++) {
    // The next one takes its place unless it counts.
    bits[count] = bit;
    const difference = weights[bit] - weight;
    count += (difference * difference - 1) >>> 31;
  }
  const rest = count % bitsAtATime;
  // Where there are few bits, these are worth more than the time.
  if (count < 2 * bitsAtATime || rest === 0) return;
  // The smallest so far, in order; among equals the earlier bits.
  let found = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs(values[bits[i]]);
    if (found === rest && size >= smallest[rest - 1]) continue;
    let at = found < rest ? found++ : rest - 1;
    for (; at > 0 && smallest[at - 1] > size; at--) {
      smallest[at] = smallest[at - 1];
      lowered[at] = lowered[at - 1];
    }
    smallest[at] = size;
    lowered[at] = bits[i];
  }
  for (let i = 0; i < rest; i++) weights[lowered[i]] -= Math.sign(weight);
}

/** Bits of a weight. */
let bits = new Uint32Array(0);
/** Those that are left over, and the sizes of their values. */
const lowered = new Uint32Array(bitsAtATime);
const smallest = new Float64Array(bitsAtATime);

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
