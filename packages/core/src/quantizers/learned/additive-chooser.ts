import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { bytesOf } from './fit-codebooks.ts';
import { settle } from './settled-fields.ts';

/** Rounds over all bits: few bits change in the second, next to none after it. */
const rounds = 2;

/**
 * Improves codes by what codebooks make of them: bits change one at a time as long as |x - Σ B_m[v_m]|²
 * falls, the signs of the encoder being worth a little as well.
 *
 * @param codebooks B, as of `AdditiveDecoder`
 * @param loyalty as of `codeChooser`
 * @returns a function of unit vectors, the real values behind their codes and the codes to start from, as
 *   numbers whose signs they are; it gives the fields of the bits, whose signs are the codes
 */
export function additiveChooser(
  codebooks: Matrix,
  loyalty: number,
): (vectors: Matrix, real: Matrix, start: Matrix) => Matrix {
  const descend = matrixKernel().createByteDescent(codebooks);
  return (vectors, real, start) => {
    const codes = bytesOf(start);
    const perRow = start.columns / 8;
    const residuals = { ...vectors, data: vectors.data.slice() };
    for (let i = 0; i < vectors.rows; i++) {
      const own = row(residuals, i);
      for (let byte = 0; byte < perRow; byte++) {
        const restored = row(codebooks, byte * 256 + codes[i * perRow + byte]);
        for (let j = 0; j < own.length; j++) own[j] -= restored[j];
      }
    }
    const weights = { ...real, data: real.data.map((value) => loyalty * value) };
    const fields = descend(residuals, codes, weights, rounds);
    return settle(fields, (p) => ((codes[p >> 3] >> (p & 7)) & 1) === 1);
  };
}
