import { CholeskyDecomposition, Matrix as DenseMatrix } from 'ml-matrix';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { crossProduct } from './cross-product.ts';

export interface RidgeOptions {
  /**
   * Added to the diagonal of AᵀA. Default: a thousandth of the number of rows, which is next to nothing,
   * but enough where there are few.
   */
  readonly penalty?: number;
}

/**
 * The affine map that takes the rows of `inputs` closest to those of `outputs`: least squares with a
 * small ridge, (AᵀA + λI)⁻¹ AᵀY with a column of ones in A for the bias.
 */
export function fitRidgeRegression(
  inputs: Matrix,
  outputs: Matrix,
  { penalty = 1e-3 * inputs.rows }: RidgeOptions = {},
): AffineMap {
  const size = inputs.columns + 1;
  // AᵀA and AᵀY, assembled from the parts, so that the inputs are not copied for their column of ones.
  const gram = new DenseMatrix(size, size);
  const right = new DenseMatrix(size, outputs.columns);
  const inputSums = [...columnSums(inputs), inputs.rows];
  gram.setSubMatrix(toDense(crossProduct(inputs, inputs), inputs.columns), 0, 0);
  gram.setRow(inputs.columns, inputSums);
  gram.setColumn(inputs.columns, inputSums);
  right.setSubMatrix(toDense(crossProduct(inputs, outputs), outputs.columns), 0, 0);
  right.setRow(inputs.columns, [...columnSums(outputs)]);
  for (let i = 0; i < size; i++) gram.set(i, i, gram.get(i, i) + penalty);
  const cholesky = new CholeskyDecomposition(gram);
  if (!cholesky.isPositiveDefinite()) {
    throw new BitryoshkaError({
      code: 'not-finite',
      message: 'least squares: got values too large for a regression, expected unit vectors.',
      remedy: 'Scale the vectors to unit length.',
    });
  }
  const solution = cholesky.solve(right);
  const weights = zeros(outputs.columns, inputs.columns);
  for (let i = 0; i < outputs.columns; i++) {
    for (let j = 0; j < inputs.columns; j++) {
      weights.data[i * inputs.columns + j] = solution.get(j, i);
    }
  }
  const bias = Float32Array.from(solution.getRow(inputs.columns));
  return { weights, bias, inputDimensions: inputs.columns };
}

function toDense(data: Float64Array, columns: number): DenseMatrix {
  return DenseMatrix.from1DArray(data.length / columns, columns, data);
}
