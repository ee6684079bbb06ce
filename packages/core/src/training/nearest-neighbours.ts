import { defaultKernel } from '../kernels/default-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';

/** Rows whose similarities to all others are computed at a time. */
const blockRows = 256;

/**
 * The `count` rows with the largest inner product with each row, itself left out: `rows x count` row
 * numbers, in no order. Exact: every row is compared with every other.
 */
export async function nearestNeighbours(
  vectors: Matrix,
  count: number,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const { rows } = vectors;
  const wanted = Math.min(count, rows - 1);
  const neighbours = new Uint32Array(rows * wanted);
  for (let start = 0; start < rows && wanted > 0; start += blockRows) {
    await checkpoint(options, { stage: 'neighbours', done: start, total: rows });
    const end = Math.min(rows, start + blockRows);
    const { data } = defaultKernel().multiplyTransposed(rowRange(vectors, start, end), vectors);
    for (let i = start; i < end; i++) {
      const similarities = data.subarray((i - start) * rows, (i - start + 1) * rows);
      similarities[i] = -Infinity;
      neighbours.set(largest(similarities, wanted), i * wanted);
    }
  }
  return neighbours;
}

/** The positions of the `count` largest values. */
function largest(values: Float32Array, count: number): Uint32Array {
  // A heap whose root is the smallest value kept: most values fail one comparison.
  const heap = new Uint32Array(count);
  let size = 0;
  const sink = (from: number): void => {
    let at = from;
    for (;;) {
      let smallest = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < size && values[heap[child]] < values[heap[smallest]]) smallest = child;
      }
      if (smallest === at) return;
      [heap[at], heap[smallest]] = [heap[smallest], heap[at]];
      at = smallest;
    }
  };
  for (let i = 0; i < values.length; i++) {
    if (size < count) {
      heap[size++] = i;
      if (size === count) for (let at = (count >> 1) - 1; at >= 0; at--) sink(at);
    } else if (values[i] > values[heap[0]]) {
      heap[0] = i;
      sink(0);
    }
  }
  return heap;
}
