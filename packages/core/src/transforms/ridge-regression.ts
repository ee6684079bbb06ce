import { CholeskyDecomposition, Matrix as DenseMatrix } from 'ml-matrix';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { AffineMap } from './affine-map.ts';
import { crossProduct } from './cross-product.ts';

/** Relative to the number of rows: next to nothing, but enough where there are few. */
const ridge = 1e-3;

/**
 * The affine map that takes the rows of `inputs` closest to those of `outputs`: least squares with a
 * small ridge, (AᵀA + λI)⁻¹ AᵀY with a column of ones in A for the bias.
 */
export function fitRidgeRegression(inputs: Matrix, outputs: Matrix): AffineMap {
  const augmented = withOnes(inputs);
  const size = augmented.columns;
  const gram = crossProduct(augmented, augmented);
  for (let i = 0; i < size; i++) gram[i * (size + 1)] += ridge * inputs.rows;
  const cholesky = new CholeskyDecomposition(DenseMatrix.from1DArray(size, size, gram));
  if (!cholesky.isPositiveDefinite()) {
    throw new BitryoshkaError({
      code: 'not-finite',
      message: 'least squares: got values too large for a regression, expected unit vectors.',
      remedy: 'Scale the vectors to unit length.',
    });
  }
  const right = DenseMatrix.from1DArray(size, outputs.columns, crossProduct(augmented, outputs));
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

function withOnes({ rows, columns, data }: Matrix): Matrix {
  const augmented = zeros(rows, columns + 1);
  for (let i = 0; i < rows; i++) {
    augmented.data.set(data.subarray(i * columns, (i + 1) * columns), i * (columns + 1));
    augmented.data[i * (columns + 1) + columns] = 1;
  }
  return augmented;
}
