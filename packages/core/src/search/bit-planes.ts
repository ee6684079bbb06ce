import type { BitPlanes } from '../kernels/kernel.ts';

/** Makes whole numbers positive. */
const shift = 256;

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
  let peak = 0;
  for (let bit = 0; bit < values.length; bit++) {
    const size = Math.abs(values[bit]);
    if (size > peak) peak = size;
  }
  const step = peak / largest || 1;
  const words = new Uint8Array(Math.ceil(values.length / 64) * digits * 8);
  let total = 0;
  for (let start = 0; start < values.length; start += 8) {
    const end = Math.min(values.length, start + 8);
    // A byte for each of four digits, one in each quarter.
    let [low, high] = [0, 0];
    for (let bit = start; bit < end; bit++) {
      // Rounded half up, without branches that could not be foreseen, as Math.round has them.
      const rounded = ((values[bit] / step + (shift + 0.5)) | 0) - shift;
      total += rounded;
      low |= spreads[rounded & 15] << (bit & 7);
      if (digits === 8) high |= spreads[(rounded >> 4) & 15] << (bit & 7);
    }
    const first = (start >> 6) * digits * 8 + ((start & 63) >> 3);
    for (let digit = 0; digit < digits; digit++) {
      words[first + digit * 8] = (digit < 4 ? low : high) >>> ((digit & 3) * 8);
    }
  }
  return { planes: { digits, words }, step, total };
}

/** By number: its four digits, each as the lowest of its own byte. */
const spreads = Int32Array.from(
  { length: 16 },
  (_, value) => (value & 1) | ((value & 2) << 7) | ((value & 4) << 14) | ((value & 8) << 21),
);
