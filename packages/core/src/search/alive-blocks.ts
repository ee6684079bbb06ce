import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import type { Segment } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';

/** The vectors of segments in blocks, in the order of writing, without those that are deleted. */
export function* aliveBlocks<Content>(
  segments: readonly Segment<Content>[],
  vectorsOf: (content: Content) => StoredVectors,
): Generator<Matrix> {
  for (const { content, rows } of segments) {
    let start = 0;
    for (const block of vectorsOf(content).blocks()) {
      const slots = Math.min(block.rows, rows.slots - start);
      const alive = Array.from({ length: slots }, (_, i) => i).filter((i) =>
        rows.isAlive(start + i),
      );
      if (alive.length > 0) yield alive.length === block.rows ? block : selectRows(block, alive);
      start += block.rows;
    }
  }
}
