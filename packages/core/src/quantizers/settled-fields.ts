import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';

/** Rounds over all bits; nearly every code comes to rest in fewer. */
const maximumRounds = 10;
/** The smallest positive float32. */
const smallestFloat = 2 ** -149;

/**
 * The fields of codes that come to rest by coordinate descent: their signs are the codes. A code that is
 * stopped before keeps its bits.
 *
 * @param residuals and `signs`, `couplings`: as of `Kernel.descendSigns`, which changes the first two
 */
export function settledFields(residuals: Matrix, signs: Matrix, couplings: Matrix): Matrix {
  const { fields } = defaultKernel().descendSigns(residuals, signs, couplings, maximumRounds);
  for (let p = 0; p < fields.data.length; p++) {
    const isOne = signs.data[p] > 0;
    if (fields.data[p] > 0 !== isOne) fields.data[p] = isOne ? smallestFloat : 0;
  }
  return fields;
}
