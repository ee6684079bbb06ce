import type { Matrix } from '../../vectors/matrix.ts';

/** Signs of -1 and 1 by row, and what each gains by being 1 rather than -1. */
export interface DescendedSigns {
  readonly signs: Matrix;
  readonly fields: Matrix;
}

/**
 * Descends codes whose bytes name vectors.
 *
 * @param residuals what the vectors that `codes` name leave of those to be restored; changed
 * @param codes to start from, a byte per 256 vectors, row after row; changed
 * @param weights one per bit, row by row
 * @returns for every bit, a fourth of what flipping it would add, negative where it is 0
 */
export type ByteDescent = (
  residuals: Matrix,
  codes: Uint8Array,
  weights: Matrix,
  rounds: number,
) => Matrix;
