import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';

/** Rounds over all bits; nearly every code comes to rest in fewer. */
const maximumRounds = 10;
/** The smallest positive float32. */
const smallestFloat = 2 ** -149;

/**
 * The fields of codes that come to rest by coordinate descent: their signs are the codes. A code that is
 * stopped before keeps its bits.
 *
 * @param residuals and `signs`, `couplings`: as of `MatrixKernel.descendSigns`, which changes the first two
 */
export function settledFields(residuals: Matrix, signs: Matrix, couplings: Matrix): Matrix {
  const { fields } = matrixKernel().descendSigns(residuals, signs, couplings, maximumRounds);
  return settle(fields, (p) => signs.data[p] > 0);
}

/** The fields with the signs of the codes, also where a bit was stopped before it could change. */
export function settle(fields: Matrix, isOne: (at: number) => boolean): Matrix {
  const { data } = fields;
  for (let p = 0; p < data.length; p++) {
    if (data[p] > 0 !== isOne(p)) data[p] = isOne(p) ? smallestFloat : 0;
  }
  return fields;
}
