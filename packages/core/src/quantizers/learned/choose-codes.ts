import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { affineFunction } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { transpose, zeros } from '../../vectors/matrix.ts';
import { settledFields } from './settled-fields.ts';

/**
 * Improves codes by what restorers make of them: of leading parts of a code of different lengths, each
 * restorer's error |x - G b - c|² counts alike. Bits change one at a time as long as the sum falls,
 * the signs of the encoder being worth a little as well.
 *
 * @param restorers from codes of -1 and 1 to vectors, by length
 * @param bits length of the whole code
 * @param loyalty what a unit of the encoder's real value counts for, in squared distance
 * @returns a function of unit vectors and the real values of their codes to start from, which gives the
 *   fields of the bits: their signs are the codes
 */
export function codeChooser(
  restorers: readonly AffineMap[],
  bits: number,
  loyalty = 0,
): (vectors: Matrix, real: Matrix) => Matrix {
  const kernel = matrixKernel();
  const [first] = restorers as [AffineMap];
  const dimensions = first.bias.length;
  // The error as a function of the code b: b · C b - 2 b · (L x + l), and what does not depend on b.
  const linear = zeros(bits, dimensions);
  const bias = new Float32Array(bits);
  const couplings = zeros(bits, bits);
  for (const { weights, bias: centre } of restorers) {
    const bitVectors = transpose(weights as Matrix);
    const products = kernel.multiplyTransposed(bitVectors, bitVectors);
    const row: Matrix = { rows: 1, columns: dimensions, data: centre };
    const offsets = kernel.multiplyTransposed(row, bitVectors).data;
    for (let j = 0; j < bitVectors.rows; j++) {
      bias[j] -= offsets[j];
      for (let p = 0; p < dimensions; p++) {
        linear.data[j * dimensions + p] += bitVectors.data[j * dimensions + p];
      }
      for (let l = 0; l < bitVectors.rows; l++) {
        couplings.data[j * bits + l] += products.data[j * bitVectors.rows + l];
      }
    }
  }
  const explain = affineFunction({ weights: linear, bias, inputDimensions: dimensions });
  return (vectors, real) => {
    const signs = { ...real, data: real.data.map((value) => (value > 0 ? 1 : -1)) };
    const residuals = explain(vectors);
    for (let p = 0; p < real.data.length; p++) residuals.data[p] += loyalty * real.data[p];
    const explained = kernel.multiply(signs, couplings);
    for (let p = 0; p < residuals.data.length; p++) residuals.data[p] -= explained.data[p];
    return settledFields(residuals, signs, couplings);
  };
}
