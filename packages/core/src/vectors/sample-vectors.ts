import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix, Vectors } from './matrix.ts';
import { checkNotEmpty, row, toMatrix } from './matrix.ts';
import { seededRandom } from './random.ts';

export interface SampleVectorsOptions extends TaskOptions {
  /** Vectors to keep, at most. Default: 20,000, which is what the fits learn from anyway. */
  readonly size?: number;
  /** Same blocks and seed: same sample. Default: 0. */
  readonly seed?: number;
}

/**
 * A random sample of vectors that come in blocks and need not fit in memory: every vector is kept with the
 * same chance. No more than `size` vectors and one block are held at a time.
 *
 * Source: Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch` or `not-finite`
 */
export async function sampleVectors(
  blocks: AsyncIterable<Vectors> | Iterable<Vectors>,
  options: SampleVectorsOptions = {},
): Promise<Matrix> {
  const { size = 20_000, seed = 0 } = options;
  const random = seededRandom(seed);
  const kept: Float32Array[] = [];
  let columns: number | undefined;
  let seen = 0;
  for await (const block of blocks) {
    const matrix = toMatrix(block, columns === undefined ? {} : { columns });
    if (matrix.rows === 0) continue;
    columns = matrix.columns;
    for (let i = 0; i < matrix.rows; i++, seen++) {
      const place = seen < size ? seen : Math.floor(random() * (seen + 1));
      // A copy, so that the block can go.
      if (place < size) kept[place] = row(matrix, i).slice();
    }
    await checkpoint(options, { stage: 'sample', done: seen, total: seen });
  }
  const sample = toMatrix(kept);
  checkNotEmpty(sample);
  return sample;
}
