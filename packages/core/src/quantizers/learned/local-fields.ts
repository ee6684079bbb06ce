import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { transpose } from '../../vectors/matrix.ts';
import { settledFields } from './settled-fields.ts';

/**
 * Codes that the decoder restores best, by coordinate descent: starting from the encoder's signs, each
 * bit in turn takes the sign that leaves the smaller error |x - G b - c|², until none wants to change.
 *
 * Returned is a function of unit vectors that gives the fields of their bits, `rows x bits`: what each bit gains by
 * being 1 rather than -1, given the others. Their signs are the codes.
 *
 * Source: the discrete cyclic coordinate descent of Shen et al., "Supervised Discrete Hashing", CVPR 2015,
 * on the reconstruction error of Carreira-Perpiñán and Raziperchikolaei, "Hashing with Binary
 * Autoencoders", CVPR 2015.
 */
export function localFields(encoder: AffineMap, decoder: AffineMap): (vectors: Matrix) => Matrix {
  const kernel = matrixKernel();
  const bitVectors = transpose(decoder.weights as Matrix);
  const couplings = kernel.multiplyTransposed(bitVectors, bitVectors);
  const offsets = kernel.multiplyTransposed(
    { rows: 1, columns: decoder.bias.length, data: decoder.bias },
    bitVectors,
  ).data;
  const bias = offsets.map((offset) => -offset);
  return (vectors) => {
    const signs = applyAffineMap(encoder, vectors);
    for (let p = 0; p < signs.data.length; p++) signs.data[p] = signs.data[p] > 0 ? 1 : -1;
    // G^T (x - c) - H b: what is left to explain, seen by each bit.
    const residuals = kernel.multiplyTransposed(vectors, bitVectors, bias);
    const explained = kernel.multiplyTransposed(signs, couplings);
    for (let p = 0; p < residuals.data.length; p++) residuals.data[p] -= explained.data[p];
    return settledFields(residuals, signs, couplings);
  };
}
