import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix, Vectors } from './matrix.ts';
import { checkNotEmpty, row, rowRange, toMatrix, zeros } from './matrix.ts';
import { seededRandom } from './random.ts';

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
 * Source: Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function sampleVectors(
  blocks: AsyncIterable<Vectors> | Iterable<Vectors>,
  options: SampleVectorsOptions = {},
): Promise<Matrix> {
  const { size = 20_000, seed = 0 } = options;
  checkSampleSize(size);
  const random = seededRandom(seed);
  let sample: Matrix | undefined;
  let seen = 0;
  for await (const block of blocks) {
    const matrix = toMatrix(block, sample && { columns: sample.columns });
    if (matrix.rows === 0) continue;
    sample = withRoom(sample ?? zeros(0, matrix.columns), seen + matrix.rows, size);
    for (let i = 0; i < matrix.rows; i++, seen++) {
      const place = seen < size ? seen : Math.floor(random() * (seen + 1));
      // A copy, so that the block can go.
      if (place < size) sample.data.set(row(matrix, i), place * matrix.columns);
    }
    await checkpoint(options, { stage: 'sample', done: seen, total: seen });
  }
  sample = rowRange(sample ?? zeros(0, 0), 0, Math.min(size, seen));
  checkNotEmpty(sample);
  return sample;
}

/** Twice the room where it gets short, so that many small blocks are not copied for each. */
function withRoom(sample: Matrix, rows: number, most: number): Matrix {
  if (Math.min(rows, most) <= sample.rows) return sample;
  const wider = zeros(Math.min(Math.max(rows, 2 * sample.rows), most), sample.columns);
  wider.data.set(sample.data);
  return wider;
}

function checkSampleSize(size: number): void {
  if (size === Infinity || (Number.isSafeInteger(size) && size >= 1)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `sample size: got ${size}, expected a whole number from 1 up, or Infinity.`,
    remedy: 'Correct the size of the sample.',
  });
}
