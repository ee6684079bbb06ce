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
  const gradient: Matrix = { ...scores, data: scores.data.map((score) => score * scale) };
  softmaxRows(gradient, queries, documents);
  let loss = 0;
  let scaleGradient = 0;
  for (let p = 0; p < gradient.data.length; p++) {
    const wanted = target.data[p];
    const given = gradient.data[p];
    if (wanted > 0) loss -= wanted * Math.log(Math.max(given, 1e-30));
    // By the scaled scores the derivative is given - target.
    const difference = (given - wanted) / target.rows;
    scaleGradient += difference * scores.data[p] * scale;
    gradient.data[p] = difference * scale;
  }
  return { loss: loss / target.rows, gradient, scaleGradient };
}
