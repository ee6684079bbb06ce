import { largestTotalWeight } from '../kernels/kernel.ts';

/** Of the root mean square of the values: what weighs 1. */
const unitShare = 0.7;
const largestWeight = 2;

/**
 * What each bit of a code counts for, given the query's real values behind them: they are rounded to 0, 1 or
 * 2 units, so that a quarter of the bits, those that say least, need not be looked at. On sentence embeddings
 * that finds nearly as much as the values themselves do, and far more than counting all bits alike.
 */
export function prefixWeights(values: Float32Array): Int8Array {
  let square = 0;
  for (let bit = 0; bit < values.length; bit++) square += values[bit] * values[bit];
  const unit = unitShare * Math.sqrt(square / values.length) || 1;
  const weights = new Int8Array(values.length);
  let total = 0;
  for (let bit = 0; bit < values.length; bit++) {
    const value = values[bit];
    const weight = Math.min(largestWeight, Math.round(Math.abs(value) / unit));
    weights[bit] = value > 0 ? weight : -weight;
    total += weight;
  }
  // Very long prefixes only.
  if (total > largestTotalWeight)
    for (let bit = 0; bit < weights.length; bit++) weights[bit] = Math.sign(weights[bit]);
  return weights;
}

/** All bits count alike: distances are Hamming distances then. */
export function equalWeights(values: Float32Array): Int8Array {
  return Int8Array.from(values, (value) => (value > 0 ? 1 : -1));
}
