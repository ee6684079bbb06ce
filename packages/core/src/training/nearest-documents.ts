import { defaultKernel } from '../kernels/default-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';

/** Queries whose similarities to all documents are computed at a time. */
const blockRows = 256;

/**
 * The documents with the largest inner product with each query, best first: `queries x n` row numbers,
 * n being `count` or as many as there are.
 */
export async function nearestDocuments(
  queries: Matrix,
  documents: Matrix,
  count: number,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const wanted = Math.min(count, documents.rows);
  const nearest = new Uint32Array(queries.rows * wanted);
  for (let start = 0; start < queries.rows && wanted > 0; start += blockRows) {
    await checkpoint(options, { stage: 'neighbours', done: start, total: queries.rows });
    const end = Math.min(queries.rows, start + blockRows);
    const { data } = defaultKernel().multiplyTransposed(rowRange(queries, start, end), documents);
    for (let i = start; i < end; i++) {
      const from = (i - start) * documents.rows;
      const similarities = data.subarray(from, from + documents.rows);
      fillWithLargest(similarities, nearest.subarray(i * wanted, (i + 1) * wanted));
    }
  }
  return nearest;
}

/** Positions of the largest values, largest first; of equal ones the first. */
function fillWithLargest(values: Float32Array, positions: Uint32Array): void {
  const last = positions.length - 1;
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    if (size > last && values[i] <= values[positions[last]]) continue;
    let at = size > last ? last : size++;
    for (; at > 0 && values[i] > values[positions[at - 1]]; at--) positions[at] = positions[at - 1];
    positions[at] = i;
  }
}
