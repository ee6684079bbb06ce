import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { orthonormalize } from './orthonormalize.ts';

/**
 * A `rows x columns` matrix with orthonormal rows (`rows <= columns`), uniformly distributed: the Q
 * factor of a Gaussian matrix.
 */
export function randomRotation(rows: number, columns: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const normal = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) normal[i * columns + j] = gaussian(random);
  }
  return { rows, columns, data: Float32Array.from(orthonormalize(normal, columns)) };
}

/**
 * The same where there may be more rows than columns: those of a rotation in as many dimensions, without the
 * columns that would meet zeros.
 */
export function randomDirections(rows: number, columns: number, seed: number): Matrix {
  if (rows <= columns) return randomRotation(rows, columns, seed);
  const square = randomRotation(rows, rows, seed);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    data.set(rowOf(square, i).subarray(0, columns), i * columns);
  }
  return { rows, columns, data };
}
