import { atOnce } from '../progress/steps.ts';
import { diagonalize } from './diagonalize.ts';
import { tridiagonalize } from './tridiagonalize.ts';

/**
 * The eigenvalues of a symmetric matrix of trace about 1, in no particular order. Without the
 * eigenvectors this takes a small part of the time of a full decomposition.
 *
 * @param matrix `size x size`, of which the lower triangle is read
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const tridiagonal = atOnce(tridiagonalize(matrix.slice(), size));
  atOnce(diagonalize(tridiagonal));
  return tridiagonal.diagonal;
}
