import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { diagonalize } from './diagonalize.ts';
import { tridiagonalize } from './tridiagonalize.ts';
import { TurnedBasis } from './turned-basis.ts';

/**
 * The eigenvectors of the largest eigenvalues of a covariance matrix, largest first, one a row.
 *
 * @param covariance `size x size`, of which the lower triangle is read
 */
export function* leadingEigenvectors(
  covariance: Float64Array,
  size: number,
  count: number,
): Steps<Matrix> {
  const matrix = withUnitTrace(covariance, size);
  const tridiagonal = yield* tridiagonalize(matrix, size);
  const basis = new TurnedBasis(yield* multiplyReflections(matrix, size), size);
  yield* diagonalize(tridiagonal, (k, cosine, sine) => basis.turn(k, cosine, sine));
  yield;
  const { diagonal } = tridiagonal;
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a]);
  const leading = zeros(count, size);
  for (let i = 0; i < count; i++) {
    const vector = basis.vector(order[i]);
    // An eigenvector's sign is free: pin it, so that the same data gives the same codes everywhere.
    let largest = 0;
    for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
    const sign = largest < 0 ? -1 : 1;
    for (let j = 0; j < size; j++) leading.data[i * size + j] = sign * vector[j];
    yield;
  }
  return leading;
}

function withUnitTrace(covariance: Float64Array, size: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += covariance[i * (size + 1)];
  return trace > 0 ? covariance.map((value) => value / trace) : covariance.slice();
}

/** The rows of `H_1 H_2 …`, of which row `i` and those behind it are no different from the identity's up to `H_i`. */
function* multiplyReflections(reflectors: Float64Array, size: number): Steps<Float64Array> {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) product[i * (size + 1)] = 1;
  for (let last = 1; last < size; last++) {
    const scale = reflectors[last * (size + 1)];
    if (scale === 0) continue;
    reflectRows(product, size, reflectors.subarray(last * size, last * size + last), scale);
    yield;
  }
  return product;
}

/** A function by itself, as loops of generators are compiled late. */
function reflectRows(
  product: Float64Array,
  size: number,
  reflector: Float64Array,
  scale: number,
): void {
  const last = reflector.length;
  for (let i = 0; i < last; i++) {
    const offset = i * size;
    let along = 0;
    for (let j = 0; j < last; j++) along += product[offset + j] * reflector[j];
    along *= scale;
    for (let j = 0; j < last; j++) product[offset + j] -= along * reflector[j];
  }
}
