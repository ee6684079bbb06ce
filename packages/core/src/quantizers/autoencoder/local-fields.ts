import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { transpose } from '../../vectors/matrix.ts';
import { settledFields } from '../settled-fields.ts';

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
    takeSigns(signs);
    // G^T (x - c) - H b: what is left to explain, seen by each bit.
    const residuals = kernel.multiplyTransposed(vectors, bitVectors, bias);
    const explained = kernel.multiplyTransposed(signs, couplings);
    subtract(residuals.data, explained.data);
    return settledFields(residuals, signs, couplings);
  };
}

/** 1 for what is above zero, -1 for all else: by the bits of float32, as signs would lead branches astray. */
function takeSigns({ data }: Matrix): void {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let p = 0; p < bits.length; p++) {
    const isPositive = (-bits[p] & ~bits[p]) >>> 31;
    bits[p] = 0xbf800000 ^ (isPositive << 31);
  }
}

function subtract(from: Float32Array, values: Float32Array): void {
  for (let p = 0; p < from.length; p++) from[p] -= values[p];
}
