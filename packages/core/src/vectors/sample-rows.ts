import type { Matrix } from './matrix.ts';
import { selectRows } from './matrix.ts';
import { sampleIndices, seededRandom } from './random.ts';

/** Random rows, in their order; the matrix itself where it has no more than `most`. */
export function sampleRows(matrix: Matrix, most: number, seed: number): Matrix {
  if (matrix.rows <= most) return matrix;
  return selectRows(matrix, sampleIndices(matrix.rows, most, seededRandom(seed)));
}
