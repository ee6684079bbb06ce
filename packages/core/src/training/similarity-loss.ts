import type { Matrix } from '../vectors/matrix.ts';
import type { Binarized } from './binarizers.ts';
import { straightThrough } from './binarizers.ts';
import type { Meeting } from './cross-entropy.ts';
import { crossEntropy } from './cross-entropy.ts';
import { symmetricScores } from './scores/code-scores.ts';
import { zeroGradient } from './scores/student.ts';

export interface SimilarityLoss {
  /** Mean cross-entropy of the student's similarity distribution against the float one, in nats. */
  readonly loss: number;
  /** By the real values of the queries, `queries x bits`. */
  readonly queryGradient: Matrix;
  /** By the real values of the documents, `documents x bits`. */
  readonly documentGradient: Matrix;
  /** By `logScale`. */
  readonly scaleGradient: number;
}

/**
 * How far the order that codes give is from the order that the float vectors give, and how it changes
 * with the real values behind the bits: cross-entropy between softmax(cosine / temperature) and
 * softmax(exp(logScale) · code agreement), agreement in [-1, 1].
 *
 * @param queries real values behind the bits of the batch's queries, scaled to about unit spread
 * @param documents those of its documents
 */
export function similarityLoss(
  batch: Meeting,
  queries: Matrix,
  documents: Matrix,
  logScale: number,
  binarize: (real: Matrix) => Binarized = straightThrough,
): SimilarityLoss {
  const [query, document] = [binarize(queries), binarize(documents)];
  const student = {
    queryReals: queries,
    documentReals: documents,
    queryBits: query.bits,
    documentBits: document.bits,
  };
  const gradient = zeroGradient(queries, documents);
  const scores = symmetricScores(student, gradient, queries.columns);
  const entropy = crossEntropy(batch, scores.values, logScale);
  scores.backward(entropy.gradient);
  return {
    loss: entropy.loss,
    queryGradient: throughSlopes(gradient.queryBits, query),
    documentGradient: throughSlopes(gradient.documentBits as Matrix, document),
    scaleGradient: entropy.scaleGradient,
  };
}

/** In place. */
function throughSlopes(byBits: Matrix, { slopes }: Binarized): Matrix {
  for (let p = 0; p < byBits.data.length; p++) byBits.data[p] *= slopes.data[p];
  return byBits;
}
