import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { choleskyFactor } from './cholesky-factor.ts';
import { crossProductSteps } from './cross-product.ts';
import { solveWithFactor } from './solve-with-factor.ts';

export interface RidgeOptions {
  /**
   * Added to the diagonal of AᵀA, but for the bias. Default: a thousandth of the number of rows, which is next to
   * nothing for inputs of a length of about 1 or more, but enough where there are few.
   */
  readonly penalty?: number;
}

/**
 * The affine map that takes the rows of the inputs closest to those of `outputs`.
 *
 * @param products the transpose of the inputs times `outputs`, where they are known
 */
export type Regression = (outputs: Matrix, products?: Float64Array) => Steps<AffineMap>;

/**
 * The affine map that takes the rows of `inputs` closest to those of `outputs`: least squares with a
 * small ridge, (AᵀA + λI)⁻¹ AᵀY with a column of ones in A for the bias, which is free.
 *
 * @param products as of `Regression`
 */
export function* fitRidgeRegression(
  inputs: Matrix,
  outputs: Matrix,
  options: RidgeOptions = {},
  products?: Float64Array,
): Steps<AffineMap> {
  const regression = yield* ridgeRegressionOn(inputs, options);
  return yield* regression(outputs, products);
}

/** The same for inputs that several outputs are explained by: the matrix is factorised once. */
export function* ridgeRegressionOn(
  inputs: Matrix,
  { penalty = 1e-3 * inputs.rows }: RidgeOptions = {},
): Steps<Regression> {
  const size = inputs.columns + 1;
  const factor = yield* factorise(inputs, penalty);
  return function* regression(outputs, known) {
    const products = known ?? (yield* crossProductSteps(inputs, outputs));
    const { columns } = outputs;
    // AᵀY, assembled from the parts, so that the inputs are not copied for their column of ones.
    const solution = new Float64Array(size * columns);
    solution.set(products);
    solution.set(columnSums(outputs), inputs.columns * columns);
    yield;
    yield* solveWithFactor(factor, solution, columns);
    const weights = transposed(solution, inputs.columns, columns);
    const bias = Float32Array.from(solution.subarray(inputs.columns * columns));
    return { weights, bias, inputDimensions: inputs.columns };
  };
}

/** Leading rows of values, as columns: a function by itself, as loops of generators are compiled late. */
function transposed(values: Float64Array, rows: number, columns: number): Matrix {
  const turned = zeros(columns, rows);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) turned.data[i * rows + j] = values[j * columns + i];
  }
  return turned;
}

/** The lower triangle L with L Lᵀ = AᵀA + λI, row-major; of the bias nothing is asked. */
function* factorise(inputs: Matrix, penalty: number): Steps<Float64Array> {
  const { columns } = inputs;
  const size = columns + 1;
  const products = yield* crossProductSteps(inputs, inputs);
  const gram = new Float64Array(size * size);
  for (let i = 0; i < columns; i++) {
    gram.set(products.subarray(i * columns, (i + 1) * columns), i * size);
  }
  gram.set([...columnSums(inputs), inputs.rows], columns * size);
  for (let i = 0; i < columns; i++) gram[i * (size + 1)] += penalty;
  const factor = yield* choleskyFactor(gram, size);
  if (factor) return factor;
  throw new BitryoshkaError({
    code: 'not-finite',
    message: 'least squares: got values too large for a regression, expected unit vectors.',
    remedy: 'Scale the vectors to unit length.',
  });
}
