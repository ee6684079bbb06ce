import type { Steps } from '../progress/steps.ts';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { orthonormalize } from './orthonormalize.ts';

/**
 * A `rows x columns` matrix with orthonormal rows, or columns where there are fewer of them, uniformly distributed:
 * the Q factor of a Gaussian matrix.
 */
export function randomRotation(rows: number, columns: number, seed: number): Matrix {
  return atOnce(randomRotationSteps(rows, columns, seed));
}

export function* randomRotationSteps(rows: number, columns: number, seed: number): Steps<Matrix> {
  if (rows > columns) return transpose(yield* randomRotationSteps(columns, rows, seed));
  const random = seededRandom(seed);
  const normal = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) normal[i * columns + j] = gaussian(random);
  }
  return { rows, columns, data: Float32Array.from(yield* orthonormalize(normal, columns)) };
}
