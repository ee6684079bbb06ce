import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { TopRows } from '../top-rows.ts';

/** The `count` rows with the largest dot products with a vector, best first. */
export function bestRows(matrix: Matrix, vector: Float32Array, count: number): number[] {
  const query = { rows: 1, columns: vector.length, data: vector };
  const { data } = defaultKernel().multiplyTransposed(query, matrix);
  const top = new TopRows(count);
  for (let i = 0; i < data.length; i++) top.offer(i, data[i]);
  return top.rows().map((scored) => scored.row);
}
