import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkCount } from '../../errors/check-count.ts';
import type { Vectors } from '../../vectors/matrix.ts';
import { selectRows, toMatrix } from '../../vectors/matrix.ts';
import { seededRandom } from '../../vectors/random.ts';
import { cosinePairScores } from './cosine-pair-scores.ts';
import type { SimilarityTask } from './similarity-task.ts';

export interface SamplePairsOptions {
  /** How many pairs to draw. Default: 10,000. */
  readonly pairs?: number;
  /** Same vectors, options and seed: same pairs. Default: 0. */
  readonly seed?: number;
}

/**
 * Random pairs of different vectors, with their float cosine as the similarity: `evaluateSimilarity`
 * then tells how well codes keep the order of the float similarities. A pair may be drawn twice.
 *
 * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option`, or `not-enough-vectors`
 *   for fewer than two
 */
export function samplePairs(vectors: Vectors, options: SamplePairsOptions = {}): SimilarityTask {
  const { pairs = 10_000, seed = 0 } = options;
  const matrix = toMatrix(vectors);
  checkCount('pairs', pairs, 2);
  if (matrix.rows < 2) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `vectors: got ${matrix.rows}, expected at least 2.`,
      remedy: 'Pass the vectors to draw pairs from.',
    });
  }
  const random = seededRandom(seed);
  const firstRows = new Uint32Array(pairs);
  const secondRows = new Uint32Array(pairs);
  for (let i = 0; i < pairs; i++) {
    firstRows[i] = Math.floor(random() * matrix.rows);
    // A step from 1 to rows - 1, around the end: any other row, each as likely.
    const step = 1 + Math.floor(random() * (matrix.rows - 1));
    secondRows[i] = (firstRows[i] + step) % matrix.rows;
  }
  const first = selectRows(matrix, firstRows);
  const second = selectRows(matrix, secondRows);
  return { name: 'random pairs', first, second, similarities: cosinePairScores(first, second) };
}
