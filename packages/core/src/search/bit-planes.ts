import type { BitPlanes } from '../kernels/kernel.ts';

export interface RoundedValues {
  readonly planes: BitPlanes;
  /** What a whole number counts for. */
  readonly step: number;
  /** The sum of the whole numbers. */
  readonly total: number;
}

/** Rounds the values, one per bit, to multiples of a step and takes these apart into binary digits. */
export function bitPlanes(values: Float32Array, digits: 4 | 8): RoundedValues {
  const largest = (1 << (digits - 1)) - 1;
  const step = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / largest || 1;
  const words = new Uint8Array(Math.ceil(values.length / 64) * digits * 8);
  let total = 0;
  for (let bit = 0; bit < values.length; bit++) {
    const rounded = Math.round(values[bit] / step);
    total += rounded;
    const first = (bit >> 6) * digits * 8 + ((bit & 63) >> 3);
    for (let digit = 0; digit < digits; digit++) {
      words[first + digit * 8] |= ((rounded >> digit) & 1) << (bit & 7);
    }
  }
  return { planes: { digits, words }, step, total };
}
