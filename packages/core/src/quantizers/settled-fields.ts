import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';

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
  settleBySigns(fields.data, signs.data);
  return fields;
}

/** As `settle`, by the bits of float32: signs would lead branches astray. */
function settleBySigns(fields: Float32Array, signs: Float32Array): void {
  const bits = new Int32Array(fields.buffer, fields.byteOffset, fields.length);
  const signBits = new Int32Array(signs.buffer, signs.byteOffset, signs.length);
  for (let p = 0; p < bits.length; p++) {
    const isPositive = (-bits[p] & ~bits[p]) >>> 31;
    const isOne = ~signBits[p] >>> 31;
    // The bits of the smallest float are 1, those of 0 are 0.
    if (isPositive !== isOne) bits[p] = isOne;
  }
}

/** The fields with the signs of the codes, also where a bit was stopped before it could change. */
export function settle(fields: Matrix, isOne: (at: number) => boolean): Matrix {
  const { data } = fields;
  for (let p = 0; p < data.length; p++) {
    if (data[p] > 0 !== isOne(p)) data[p] = isOne(p) ? smallestFloat : 0;
  }
  return fields;
}
