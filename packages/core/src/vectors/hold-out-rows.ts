import type { Random } from './random.ts';
import { sampleIndices } from './random.ts';

export interface HeldOutRows {
  /** To judge by: random ones, in increasing order. */
  readonly heldOut: Uint32Array;
  /** To learn from: all others, in increasing order. */
  readonly kept: Uint32Array;
}

/**
 * Sets a share of the numbers below `rows` aside.
 *
 * @param most how many are set aside at most
 */
export function holdOutRows(
  rows: number,
  { share, most }: { readonly share: number; readonly most: number },
  random: Random,
): HeldOutRows {
  const count = Math.min(most, Math.floor(rows * share));
  const heldOut = sampleIndices(rows, count, random);
  const isHeldOut = new Set(heldOut);
  const kept = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => !isHeldOut.has(i));
  return { heldOut, kept };
}
