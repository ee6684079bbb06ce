import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import type { Codes } from './codes.ts';
import { packSigns, zeroCodes } from './codes.ts';

/** Rows that are projected at a time, to bound the memory. */
const blockRows = 2048;

/**
 * The signs of what the vectors are projected to, without holding all projected values at once.
 *
 * @param bits values per vector that `project` gives
 */
export function packSignsInBlocks(
  vectors: Matrix,
  bits: number,
  project: (block: Matrix) => Matrix,
): Codes {
  const codes = zeroCodes(vectors.rows, bits);
  for (let start = 0; start < vectors.rows; start += blockRows) {
    const block = rowRange(vectors, start, Math.min(vectors.rows, start + blockRows));
    codes.data.set(packSigns(project(block)).data, start * codes.bytesPerCode);
  }
  return codes;
}
