import { bitAt } from '../../codes/codes.ts';
import { popcount } from '../../kernels/popcount.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Scoring } from '../../search/ranking/code-scoring.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { inverseNorm } from '../../vectors/normalize.ts';
import { cosinePairScores } from './cosine-pair-scores.ts';

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

/**
 * Code against code for every pair of rows: the cosine of π times the share of bits that differ. Both
 * are encoded as documents, for neither asks.
 */
export function symmetricPairScores(
  quantizer: Quantizer,
  first: Matrix,
  second: Matrix,
): Float64Array {
  const { rows, bits, bytesPerCode, data } = quantizer.encode(first, 'document');
  const other = quantizer.encode(second, 'document').data;
  const { firstBits } = quantizer;
  const counted = firstBits === undefined ? bytesPerCode : firstBits / 8;
  const scores = new Float64Array(rows);
  for (let i = 0, offset = 0; i < rows; i++, offset += bytesPerCode) {
    let distance = 0;
    for (let p = offset; p < offset + counted; p++) distance += popcount(data[p] ^ other[p]);
    scores[i] = Math.cos((Math.PI * distance) / (firstBits ?? bits));
  }
  return scores;
}

/**
 * The real values of the first against the code of the second for every pair of rows: the cosine of the
 * projection and the code as a vector of ±1. Both are treated as documents, for neither asks.
 */
export function asymmetricPairScores(
  quantizer: Quantizer,
  first: Matrix,
  second: Matrix,
): Float64Array {
  const { rows, columns, data } = quantizer.project(first, 'document');
  const codes = quantizer.encode(second, 'document');
  const scores = new Float64Array(rows);
  const { firstBits: counted = columns } = quantizer;
  for (let i = 0, offset = 0; i < rows; i++, offset += columns) {
    let sum = 0;
    for (let j = 0; j < counted; j++) sum += data[offset + j] * (2 * bitAt(codes, i, j) - 1);
    scores[i] = (sum * inverseNorm(data, offset, counted)) / Math.sqrt(counted);
  }
  return scores;
}
