import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Scoring } from '../../search/flat-index.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { asymmetricPairScores } from './asymmetric-pair-scores.ts';
import { cosinePairScores } from './cosine-pair-scores.ts';
import { symmetricPairScores } from './symmetric-pair-scores.ts';

/** A score for every pair of rows of two matrices with as many rows. */
export type PairScorer = (first: Matrix, second: Matrix) => Float64Array;

/**
 * The scorings that a quantizer makes possible. `decoded` is the cosine of the first vector with the
 * vector that the code of the second is decoded to, and needs a decoder.
 */
export function pairScorers(quantizer: Quantizer): ReadonlyMap<Scoring, PairScorer> {
  const scorers = new Map<Scoring, PairScorer>([
    ['symmetric', (first, second) => symmetricPairScores(quantizer, first, second)],
    ['asymmetric', (first, second) => asymmetricPairScores(quantizer, first, second)],
  ]);
  const { decoder } = quantizer;
  if (decoder) {
    scorers.set('decoded', (first, second) => {
      const codes = quantizer.encode(second, 'document');
      return cosinePairScores(first, decoder.decode(codes));
    });
  }
  return scorers;
}
