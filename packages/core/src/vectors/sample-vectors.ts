import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix, Vectors } from './matrix.ts';
import { toMatrix } from './matrix.ts';
import { VectorSample } from './vector-sample.ts';

export interface SampleVectorsOptions extends TaskOptions {
  /** Vectors to keep, at most. Default: 20,000, which is what the fits learn from anyway. */
  readonly size?: number | undefined;
  /** Same blocks and seed: same sample. Default: 0. */
  readonly seed?: number;
}

/**
 * A random sample of vectors that come in blocks and need not fit in memory: every vector is kept with the
 * same chance. No more than `size` vectors and one block are held at a time.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function sampleVectors(
  blocks: AsyncIterable<Vectors> | Iterable<Vectors>,
  options: SampleVectorsOptions = {},
): Promise<Matrix> {
  const sample = new VectorSample(options);
  for await (const block of blocks) {
    sample.add(toMatrix(block, { columns: sample.columns }));
    await checkpoint(options, { stage: 'sample', done: sample.seen, total: sample.seen });
  }
  return sample.rows();
}
