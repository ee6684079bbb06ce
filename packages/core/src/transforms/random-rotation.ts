import { Matrix as DenseMatrix, QrDecomposition } from 'ml-matrix';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';

/**
 * A `rows x columns` matrix with orthonormal rows (`rows <= columns`), uniformly distributed: the Q
 * factor of a Gaussian matrix.
 */
export function randomRotation(rows: number, columns: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const normal = new DenseMatrix(columns, rows).apply(function (this: DenseMatrix, i, j) {
    this.set(i, j, gaussian(random));
  });
  const { orthogonalMatrix } = new QrDecomposition(normal);
  const rotation = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) rotation.data[i * columns + j] = orthogonalMatrix.get(j, i);
  }
  return rotation;
}
