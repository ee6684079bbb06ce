import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import type { VectorIndex } from './vector-index.ts';

/** How long a block should take: what waits for it waits no longer, give or take. */
const blockMilliseconds = 4;
const fewestRows = 64;
const mostRows = 4096;

/**
 * Adds many vectors and lets waiting events run every few milliseconds. Searches in between see what was
 * added so far; for the state before, search a snapshot. The index must not be changed meanwhile.
 *
 * @param vectors must not change before the promise is settled
 * @returns the number of the first vector; the others follow
 * @throws BitryoshkaError `dimension-mismatch` or `not-finite`; nothing was added then, nor when aborted
 */
export async function addInBlocks(
  index: VectorIndex,
  vectors: Vectors,
  options: TaskOptions = {},
): Promise<number> {
  const total = 'rows' in vectors ? vectors.rows : vectors.length;
  let first = index.add([]);
  let done = 0;
  let rows = fewestRows;
  try {
    while (done < total) {
      await checkpoint(options, { stage: 'add', done, total });
      const start = performance.now();
      const end = Math.min(total, done + rows);
      const added = index.add(range(vectors, done, end));
      if (done === 0) first = added;
      const milliseconds = Math.max(0.1, performance.now() - start);
      const fitting = ((end - done) * blockMilliseconds) / milliseconds;
      done = end;
      // Twice as many at most: the first blocks of a program are slow, and a single one says little.
      rows = Math.max(fewestRows, Math.min(mostRows, 2 * rows, Math.floor(fitting)));
    }
    // Within, as a callback that throws undoes all.
    options.onProgress?.({ stage: 'add', done, total });
  } catch (cause) {
    index.delete(Array.from({ length: done }, (_, i) => first + i));
    throw cause;
  }
  return first;
}

function range(vectors: Vectors, start: number, end: number): Vectors {
  return 'rows' in vectors ? rowRange(vectors as Matrix, start, end) : vectors.slice(start, end);
}
