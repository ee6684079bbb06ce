import type { Steps } from '../progress/steps.ts';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import type { Codes } from './codes.ts';
import { codeRange, packSigns, zeroCodes } from './codes.ts';

/** To bound the memory. */
const defaultBlockRows = 2048;
/** Choosing codes for a decoder takes about 20 milliseconds for so many. */
const rowsPerStep = 256;

/**
 * The signs of what the vectors are projected to, without holding all projected values at once.
 *
 * @param bits values per vector that `project` gives, in memory that it may use again
 * @param blockRows rows that are projected at a time
 */
export function packSignsInBlocks(
  vectors: Matrix,
  bits: number,
  project: (block: Matrix) => Matrix,
  blockRows: number = defaultBlockRows,
): Codes {
  return atOnce(packSignsInSteps(vectors, bits, project, blockRows));
}

/** The same, block by block. */
export function* packSignsInSteps(
  vectors: Matrix,
  bits: number,
  project: (block: Matrix) => Matrix,
  blockRows: number = rowsPerStep,
): Steps<Codes> {
  const codes = zeroCodes(vectors.rows, bits);
  for (let start = 0; start < vectors.rows; start += blockRows) {
    const end = Math.min(vectors.rows, start + blockRows);
    packSigns(project(rowRange(vectors, start, end)), codeRange(codes, start, end));
    yield;
  }
  return codes;
}
