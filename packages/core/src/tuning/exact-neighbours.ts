import { defaultKernel } from '../kernels/default-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import { TopRows } from '../search/top-rows.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange } from '../vectors/matrix.ts';

const blockRows = 2048;

/** By query, the rows of the `k` documents with the largest dot products, best first. */
export async function exactNeighbours(
  documents: Matrix,
  queries: Matrix,
  k: number,
  options: TaskOptions,
): Promise<number[][]> {
  const tops = Array.from({ length: queries.rows }, () => new TopRows(k));
  for (let start = 0; start < documents.rows; start += blockRows) {
    await checkpoint(options, { stage: 'neighbours', done: start, total: documents.rows });
    const block = rowRange(documents, start, Math.min(documents.rows, start + blockRows));
    const products = defaultKernel().multiplyTransposed(queries, block);
    for (const [i, top] of tops.entries()) {
      for (const [j, product] of row(products, i).entries()) {
        if (product >= top.lowest) top.offer(start + j, product);
      }
    }
  }
  return tops.map((top) => top.rows().map((scored) => scored.row));
}
