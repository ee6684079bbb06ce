import type { Matrix } from './matrix.ts';
import { selectRows } from './matrix.ts';
import type { Random } from './random.ts';
import { sampleIndices } from './random.ts';

export interface HeldOutRows {
  /** To judge by: random ones, in their order. */
  readonly heldOut: Matrix;
  /** To learn from: all others, in their order. */
  readonly kept: Matrix;
}

/**
 * Sets a share of the rows aside.
 *
 * @param most how many are set aside at most
 */
export function holdOutRows(
  matrix: Matrix,
  { share, most }: { readonly share: number; readonly most: number },
  random: Random,
): HeldOutRows {
  const { rows } = matrix;
  const heldOut = sampleIndices(rows, Math.min(most, Math.floor(rows * share)), random);
  const isHeldOut = new Set(heldOut);
  const kept = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => !isHeldOut.has(i));
  return { heldOut: selectRows(matrix, heldOut), kept: selectRows(matrix, kept) };
}
