import type { Matrix } from '../vectors/matrix.ts';
import type { Random } from '../vectors/random.ts';
import type { Binarizer } from './binarizers.ts';
import { balanceLoss, decorrelationLoss } from './bit-statistics.ts';
import type { CodeModel } from './code-model.ts';
import { addEncoderGradient, encodeReal } from './code-model.ts';
import type { Meeting } from './cross-entropy.ts';
import { crossEntropy } from './cross-entropy.ts';
import { asymmetricScores, cosineScores, symmetricScores } from './scores/code-scores.ts';
import { decodedScores } from './scores/decoded-scores.ts';
import type { Scores, Student } from './scores/student.ts';
import { zeroGradient } from './scores/student.ts';

/** Vectors of queries and documents, and what each query should find. */
export interface TrainingBatch extends Meeting {
  /** Unit vectors. */
  readonly queryVectors: Matrix;
  readonly documentVectors: Matrix;
  /** Codes of the documents that are not to be learned, -1 and 1. */
  readonly documentCodes?: Matrix | undefined;
}

/** How the codes of a batch are scored, in the order of a model's scales. */
export const scoreNames = ['symmetric', 'asymmetric', 'decoded', 'cosine'] as const;

/** What each part of a loss counts for; 0 or nothing leaves it out. */
export interface LossWeights {
  /** Code against code. */
  readonly symmetric?: number;
  /** The query's real values against a code. */
  readonly asymmetric?: number;
  /** The query against what a code is decoded to. */
  readonly decoded?: number;
  /** Real values against real values: for adapters. */
  readonly cosine?: number;
  /** Bits that are 1 half of the time. */
  readonly balance?: number;
  /** Bits that tell little of one another. */
  readonly decorrelation?: number;
}

export interface LossOptions {
  readonly weights: LossWeights;
  /** Lengths of the leading parts of a code that should be good codes, ascending; the last is its length. */
  readonly prefixes: readonly number[];
  readonly binarizer: Binarizer;
  /** The share of training that is done. */
  readonly progress: number;
  readonly random: Random;
}

/**
 * The loss of a model on a batch: over all prefixes, the cross-entropy of what a query should find and what
 * it finds, by every way of scoring that counts, and what regularizes the bits.
 *
 * @param into gets the gradient added, times `factor`
 */
export function codeLoss(
  model: CodeModel,
  batch: TrainingBatch,
  options: LossOptions,
  into: CodeModel,
  factor = 1,
): number {
  const { weights, prefixes, binarizer, progress, random } = options;
  const { queryVectors, documentVectors, documentCodes } = batch;
  const queries = encodeReal(model.encoder, queryVectors);
  const documents = documentCodes ? undefined : encodeReal(model.encoder, documentVectors);
  const queryBits = binarizer(queries.real, progress, random);
  const documentBits = documents && binarizer(documents.real, progress, random);
  const student: Student = {
    queryReals: queries.real,
    documentReals: documents?.real ?? (documentCodes as Matrix),
    queryBits: queryBits.bits,
    documentBits: documentBits?.bits ?? (documentCodes as Matrix),
  };
  const gradient = zeroGradient(queries.real, documents?.real);
  const { documentReals: byReals, documentBits: byBits } = gradient;
  let total = 0;
  for (const [place, prefix] of prefixes.entries()) {
    for (const [kind, name] of scoreNames.entries()) {
      const weight = factor * (weights[name] ?? 0);
      if (weight === 0) continue;
      const scores = scoresOf(name);
      const scale = place * scoreNames.length + kind;
      const entropy = crossEntropy(batch, scores.values, model.logScales[scale]);
      total += weight * entropy.loss;
      into.logScales[scale] += weight * entropy.scaleGradient;
      scaleBy(entropy.gradient, weight);
      scores.backward(entropy.gradient);
    }

    function scoresOf(name: (typeof scoreNames)[number]): Scores {
      if (name === 'symmetric') return symmetricScores(student, gradient, prefix);
      if (name === 'asymmetric') return asymmetricScores(student, gradient, prefix);
      if (name === 'cosine') return cosineScores(student, gradient, prefix);
      return decodedScores(queryVectors, student.documentBits, model.decoders[place], {
        documentBits: byBits,
        decoder: into.decoders[place],
      });
    }
  }
  if (documentBits && byBits) {
    for (const [weight = 0, regularizer] of [
      [weights.balance, balanceLoss],
      [weights.decorrelation, decorrelationLoss],
    ] as const) {
      if (weight === 0) continue;
      const regularized = regularizer(documentBits.bits);
      total += factor * weight * regularized.loss;
      scaleBy(regularized.gradient, factor * weight);
      add(byBits, regularized.gradient);
    }
  }
  addThroughSlopes(gradient.queryReals, gradient.queryBits, queryBits.slopes);
  addEncoderGradient(model.encoder, queryVectors, queries, gradient.queryReals, into.encoder);
  if (documents && documentBits && byReals && byBits) {
    addThroughSlopes(byReals, byBits, documentBits.slopes);
    addEncoderGradient(model.encoder, documentVectors, documents, byReals, into.encoder);
  }
  return total;
}

function scaleBy({ data }: Matrix, factor: number): void {
  if (factor === 1) return;
  for (let p = 0; p < data.length; p++) data[p] *= factor;
}

function add({ data }: Matrix, addends: Matrix): void {
  for (let p = 0; p < data.length; p++) data[p] += addends.data[p];
}

function addThroughSlopes({ data }: Matrix, byBits: Matrix, slopes: Matrix): void {
  for (let p = 0; p < data.length; p++) data[p] += byBits.data[p] * slopes.data[p];
}
