import { largestTotalWeight } from '../kernels/kernel.ts';
import { roundedWeights, unitOf } from './rounded-weights.ts';

/** Of the root mean square of the values: what weighs 1. */
const unitShare = 0.65;
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
  const unit = unitOf(values, unitShare);
  const { weights, total } = roundedWeights(values, unit, largestWeight);
  if (total > largestTotalWeight) return equalWeights(values);
  for (let weight = largestWeight; weight > 0; weight--) {
    lowerRest(weights, values, weight);
    lowerRest(weights, values, -weight);
  }
  return weights;
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
