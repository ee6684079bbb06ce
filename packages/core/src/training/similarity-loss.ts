import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose, zeros } from '../vectors/matrix.ts';
import type { Binarization } from './binarization.ts';

import type { Meeting } from './cross-entropy.ts';
import { softmaxRows } from './similarity-batches.ts';

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
  { value, slope }: Binarization,
): SimilarityLoss {
  const kernel = matrixKernel();
  const bits = queries.columns;
  const factor = Math.exp(logScale) / bits;
  const queryCodes = map(queries, value);
  const documentCodes = map(documents, value);
  const logits = kernel.multiplyTransposed(queryCodes, documentCodes);
  for (let p = 0; p < logits.data.length; p++) logits.data[p] *= factor;

  const student: Matrix = { ...logits, data: logits.data.slice() };
  softmaxRows(student, batch.queries, batch.documents);
  const { target } = batch;
  // The derivative of the cross-entropy by the logits is student - target; the loss is their mean.
  const difference = zeros(target.rows, target.columns);
  let loss = 0;
  let scaleGradient = 0;
  for (let p = 0; p < difference.data.length; p++) {
    const wanted = target.data[p];
    if (wanted > 0) loss -= wanted * Math.log(Math.max(student.data[p], 1e-30));
    difference.data[p] = (student.data[p] - wanted) / target.rows;
    scaleGradient += difference.data[p] * logits.data[p];
  }

  const queryGradient = kernel.multiplyTransposed(difference, transpose(documentCodes));
  const documentGradient = kernel.multiplyTransposed(transpose(difference), transpose(queryCodes));
  multiplyBySlope(queryGradient, queries, factor, slope);
  multiplyBySlope(documentGradient, documents, factor, slope);
  return { loss: loss / target.rows, queryGradient, documentGradient, scaleGradient };
}

function map(matrix: Matrix, value: (real: number) => number): Matrix {
  const mapped = zeros(matrix.rows, matrix.columns);
  for (let p = 0; p < mapped.data.length; p++) mapped.data[p] = value(matrix.data[p]);
  return mapped;
}

function multiplyBySlope(
  gradient: Matrix,
  real: Matrix,
  factor: number,
  slope: (real: number) => number,
): void {
  for (let p = 0; p < gradient.data.length; p++) {
    gradient.data[p] *= factor * slope(real.data[p]);
  }
}
