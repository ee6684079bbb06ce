import type { Matrix } from '../vectors/matrix.ts';
import { softmaxRows } from './similarity-batches.ts';

export interface CrossEntropy {
  /** Mean over the queries, in nats. */
  readonly loss: number;
  /** By the scores. */
  readonly gradient: Matrix;
  /** By `logScale`. */
  readonly scaleGradient: number;
}

/** Queries that meet documents: by row, what tells a document that is the query itself. */
export interface Meeting {
  readonly queries: Uint32Array;
  readonly documents: Uint32Array;
  /** Which share of a query each document should get, `queries x documents`. */
  readonly target: Matrix;
}

/** Cross-entropy of a target distribution and softmax(exp(logScale) · scores), and its gradients. */
export function crossEntropy(
  { queries, documents, target }: Meeting,
  scores: Matrix,
  logScale: number,
): CrossEntropy {
  const scale = Math.exp(logScale);
  const { rows, columns } = target;
  const [wanted, score] = [target.data, scores.data];
  const gradient: Matrix = { ...scores, data: score.slice() };
  const given = gradient.data;
  const logSums = softmaxRows(gradient, queries, documents, scale);
  const share = 1 / rows;
  let loss = 0;
  let scaleGradient = 0;
  for (let i = 0, p = 0; i < rows; i++) {
    let [total, wantedScore, change] = [0, 0, 0];
    for (const end = p + columns; p < end; p++) {
      total += wanted[p];
      wantedScore += wanted[p] * score[p];
      // By the scaled scores the derivative is given - target.
      const difference = (given[p] - wanted[p]) * share;
      change += difference * score[p];
      given[p] = difference * scale;
    }
    // The logarithm of what is given is the scaled score without the logarithm of the sum.
    if (total > 0) loss += total * logSums[i] - scale * wantedScore;
    scaleGradient += change * scale;
  }
  return { loss: loss * share, gradient, scaleGradient };
}
