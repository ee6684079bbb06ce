import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Scoring } from '../../search/ranking/code-scoring.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { bytesPerVector } from '../bytes-per-vector.ts';
import { pearson } from '../statistics/pearson.ts';
import { spearman } from '../statistics/spearman.ts';
import { cosinePairScores } from './cosine-pair-scores.ts';
import type { PairScorer } from './pair-scorers.ts';
import { pairScorers } from './pair-scorers.ts';
import type { SimilarityTask } from './similarity-task.ts';

/** How well one way of scoring pairs keeps their similarities. */
export interface SimilarityRow {
  /** A quantizer's kind, or `float32` for the cosine of the vectors themselves. */
  readonly quantizer: string;
  readonly bits: number;
  /** What a score reads: the code as it lies in memory and, decoded, the byte of its length. */
  readonly bytesPerVector: number;
  /** `float` for the cosine of the vectors themselves. */
  readonly scoring: Scoring | 'float';
  /** Rank correlation of the scores and the similarities: the usual figure of STS benchmarks. */
  readonly spearman: number;
  readonly pearson: number;
}

export interface EvaluateSimilarityOptions extends TaskOptions {
  /** Fitted ones. For a benchmark with labels, fit them on other vectors than its own. */
  readonly quantizers: readonly Quantizer[];
  /** Default: all that a quantizer makes possible, `decoded` where it has a decoder. */
  readonly scorings?: readonly Scoring[];
}

/**
 * Correlates the similarities of pairs with the float cosine, in the first row, and with every scoring
 * of every quantizer in the following ones.
 *
 * @throws BitryoshkaError `dimension-mismatch` when the sides or the similarities differ in number or
 *   the vectors are not of a quantizer's dimension, `not-finite`, `empty-input` for fewer than two
 *   pairs, or `invalid-option` for a scoring that a quantizer does not make possible
 */
export async function evaluateSimilarity(
  task: SimilarityTask,
  options: EvaluateSimilarityOptions,
): Promise<SimilarityRow[]> {
  const { quantizers, scorings } = options;
  const scorers = quantizers.map((quantizer) => chosenScorers(quantizer, scorings));
  const { first, second } = checkSides(task);
  const correlate = (scores: Float64Array) => ({
    spearman: spearman(scores, task.similarities),
    pearson: pearson(scores, task.similarities),
  });

  const rows: SimilarityRow[] = [
    {
      quantizer: 'float32',
      bits: 32 * first.columns,
      bytesPerVector: bytesPerVector('float32', first.columns),
      scoring: 'float',
      ...correlate(cosinePairScores(first, second)),
    },
  ];
  const total = quantizers.length;
  for (const [done, quantizer] of quantizers.entries()) {
    await checkpoint(options, { stage: 'evaluate', done, total });
    const { kind, bits } = quantizer;
    for (const [scoring, scorer] of scorers[done]) {
      rows.push({
        quantizer: kind,
        bits,
        bytesPerVector: bytesPerVector('binary', bits) + (scoring === 'decoded' ? 1 : 0),
        scoring,
        ...correlate(scorer(first, second)),
      });
    }
  }
  options.onProgress?.({ stage: 'evaluate', done: total, total });
  return rows;
}

function chosenScorers(
  quantizer: Quantizer,
  scorings: readonly Scoring[] | undefined,
): (readonly [Scoring, PairScorer])[] {
  const possible = pairScorers(quantizer);
  return (scorings ?? [...possible.keys()]).map((scoring) => {
    const scorer = possible.get(scoring);
    if (scorer) return [scoring, scorer] as const;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `scoring: got "${String(scoring)}", expected one of ${[...possible.keys()].join(', ')}.`,
      remedy: quantizer.decoder
        ? 'Choose one of these.'
        : 'Choose one of these, or fit with a decoder.',
    });
  });
}

function checkSides(task: SimilarityTask): { first: Matrix; second: Matrix } {
  const first = toMatrix(task.first, { name: `${task.name}: first` });
  const second = toMatrix(task.second, { name: `${task.name}: second`, columns: first.columns });
  const pairs = task.similarities.length;
  if (first.rows !== pairs || second.rows !== pairs) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `${task.name}: got ${first.rows} and ${second.rows} vectors for ${pairs} similarities, expected one of each per pair.`,
      remedy: 'Give both sides a row for every pair.',
    });
  }
  return { first, second };
}
