import type { Steps } from '../progress/steps.ts';

/**
 * The lower triangle L with L Lᵀ = A.
 *
 * @param matrix A, symmetric, row-major, of which the lower triangle is read
 * @returns L, row-major; undefined unless A is positive definite
 */
export function* choleskyFactor(
  matrix: Float64Array,
  size: number,
): Steps<Float64Array | undefined> {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const rest = factorRow(matrix, factor, size, i);
    // Also where it is infinite or not a number.
    if (!(rest > 0 && rest < Infinity)) return undefined;
    factor[i * (size + 1)] = Math.sqrt(rest);
    yield;
  }
  return factor;
}

/** Fills in a row up to the diagonal, and returns the square of what belongs there. */
function factorRow(matrix: Float64Array, factor: Float64Array, size: number, i: number): number {
  for (let j = 0; ; j++) {
    let rest = matrix[i * size + j];
    for (let k = 0; k < j; k++) rest -= factor[i * size + k] * factor[j * size + k];
    if (j === i) return rest;
    factor[i * size + j] = rest / factor[j * (size + 1)];
  }
}
