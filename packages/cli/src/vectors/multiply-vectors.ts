import type { Matrix, TaskOptions } from '@bitryoshka/core';
import { normalizeRows, row as rowOf } from '@bitryoshka/core';
import { checkpoint, seededRandom, VectorRows } from '@bitryoshka/core/internal';

/** How far a vector moves: along half the difference of two others, so that it stays as spread out as they are. */
const share = 0.5;
const rowsPerTurn = 512;

/** Fewer have no two others that differ. */
export const fewestMultiplied = 3;

/**
 * Unit vectors over and over, each time moved by half the difference of two others: a collection that is larger, and
 * neither denser in some places than the vectors are nor spread in directions that they do not have.
 *
 * @param vectors `fewestMultiplied` or more
 */
export async function multiplyVectors(
  vectors: VectorRows,
  rows: number,
  task: TaskOptions,
): Promise<VectorRows> {
  const { dimensions, rows: count } = vectors;
  const random = seededRandom(0);
  const multiplied = new VectorRows(dimensions);
  for (let start = 0; start < rows; start += rowsPerTurn) {
    await checkpoint(task, { stage: 'multiply', done: start, total: rows });
    const end = Math.min(rows, start + rowsPerTurn);
    const data = new Float32Array((end - start) * dimensions);
    const block: Matrix = { rows: end - start, columns: dimensions, data };
    for (let i = start; i < end; i++) {
      const moved = rowOf(block, i - start);
      moved.set(vectors.at(i % count));
      if (i < count) continue;
      const one = Math.floor(random() * count);
      const other = (one + 1 + Math.floor(random() * (count - 1))) % count;
      const [from, to] = [vectors.at(one), vectors.at(other)];
      for (let j = 0; j < dimensions; j++) {
        moved[j] = (moved[j] as number) + share * ((to[j] as number) - (from[j] as number));
      }
    }
    multiplied.append(normalizeRows(block, block));
  }
  return multiplied;
}
