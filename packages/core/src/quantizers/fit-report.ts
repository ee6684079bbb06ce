import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';
import { inTurns } from '../progress/steps.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import { nearestDocuments } from '../training/exact-neighbours.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { affineFunction, applyAffineMap, composeWithMatrix } from '../transforms/affine-map.ts';
import { fitCentring } from '../transforms/centring.ts';
import { fitItq } from '../transforms/itq.ts';
import { randomRotationSteps } from '../transforms/random-rotation.ts';
import { holdOutRows } from '../vectors/hold-out-rows.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { seededRandom } from '../vectors/random.ts';
import { sampleRows } from '../vectors/sample-rows.ts';
import type { Quantizer } from './quantizer.ts';

/** What a fit was held against, by vectors that it has not seen. */
export interface FitReport {
  /** The kind that was fitted, or `tuned` where all of `recall` were compared. */
  readonly asked: string;
  /** The kind whose codes were taken: another one where that finds more, by more than chance. */
  readonly taken: string;
  /**
   * By kind: the share of the ten nearest documents that are among the `rerank` best by scores of codes. Exact search
   * finds 1.
   */
  readonly recall: Readonly<Record<string, number>>;
  readonly rerank: number;
  /** Vectors that were asked, and documents that they were asked of. */
  readonly questions: number;
  readonly documents: number;
}

/** Kinds that need next to no learning: what has learned is to find as much as these. */
export type PlainKind = 'itq' | 'random';

/** More questions make it no surer which finds more by a hundredth. */
export const mostQuestions = 200;
/** Fewer vectors are all learned from. */
const fewestVectors = 400;
const heldOutShare = 0.05;
/** Documents that are asked, and vectors that plain rotations are fitted to, at most. */
const mostDocuments = 3000;
/** Of long vectors fewer, so that the check takes a tenth of a fit at most. */
const mostValues = 1_500_000;
const fewestDocuments = 1000;
const mostLearned = 3000;
const neighbourCount = 10;
const rerank = 40;
/** Another kind is taken for so much more, and for more than so many standard errors. */
const leastGain = 0.005;
const standardErrors = 2;
const rowsPerStep = 256;
/** Of two-part codes, the first few take long: what their words have in common is computed then. */
const fewestRowsPerStep = 8;

/** Vectors to learn from, and some that are asked afterwards. */
export interface Exam {
  readonly documents: Matrix;
  readonly questions: Matrix;
}

/**
 * Sets vectors aside: those beyond `most`, or a twentieth.
 *
 * @returns undefined where there are too few to spare any
 */
export function setExam(vectors: Matrix, most: number, seed: number): Exam | undefined {
  if (vectors.rows < fewestVectors) return undefined;
  const beyond = vectors.rows - most;
  const wanted = beyond > 0 ? beyond : Math.floor(heldOutShare * vectors.rows);
  const share = { share: 1, most: Math.min(wanted, mostQuestions) };
  const { heldOut, kept } = holdOutRows(vectors, share, seededRandom(seed + 1));
  return { documents: kept, questions: heldOut };
}

export interface ExamineOptions extends TaskOptions {
  readonly seed: number;
  /** The rotation that the quantizer was learned from, where it is that of ITQ: it need not be fitted again. */
  readonly itq?: AffineMap | undefined;
}

/**
 * Compares a quantizer with plain rotations of as many bits, each scored by what its codes are decoded to. Rotations
 * are decoded by what a bit stands for on average, which needs no fit and loses about a hundredth.
 *
 * @param quantizer with a decoder
 */
export async function examineFit(
  quantizer: Quantizer,
  { documents, questions }: Exam,
  options: ExamineOptions,
): Promise<FitReport> {
  const { seed } = options;
  const affordable = Math.max(fewestDocuments, Math.floor(mostValues / documents.columns));
  const asked = sampleRows(documents, Math.min(mostDocuments, affordable), seed);
  const nearest = await nearestDocuments(questions, asked, neighbourCount, options);
  const contenders: Record<string, Float64Array> = {};
  const examine = async (kind: string, restore: Steps<Scorer>): Promise<void> => {
    await checkpoint(options, { stage: 'examine', done: Object.keys(contenders).length, total: 3 });
    const score = await inTurns(restore, options);
    contenders[kind] = await inTurns(foundShares(questions, nearest, score), options);
  };
  await examine(quantizer.kind, scoreDecoded(quantizer, asked));
  const learned = sampleRows(documents, mostLearned, seed);
  const bits = Math.min(quantizer.bits, documents.columns);
  // A kind is not held against itself.
  if (quantizer.kind !== 'itq') {
    const fitting = { outputDimensions: bits, seed, signal: options.signal };
    const itq = options.itq ?? (await fitItq(learned, fitting));
    await examine('itq', scoreByMeans(itq, asked));
  }
  if (quantizer.kind !== 'random') {
    const directions = await inTurns(randomRotationSteps(bits, documents.columns, seed), options);
    const random = composeWithMatrix(fitCentring(learned, documents.columns), directions);
    await examine('random', scoreByMeans(random, asked));
  }
  return {
    asked: quantizer.kind,
    taken: takenOf(quantizer.kind, contenders),
    recall: Object.fromEntries(
      Object.entries(contenders).map(([kind, shares]) => [
        kind,
        Math.round(1e4 * meanOf(shares)) / 1e4,
      ]),
    ),
    rerank,
    questions: questions.rows,
    documents: asked.rows,
  };
}

/** Scores of all documents for a block of questions. */
type Scorer = (questions: Matrix) => Matrix;

function* scoreDecoded(quantizer: Quantizer, documents: Matrix): Steps<Scorer> {
  const { decoder } = quantizer;
  if (!decoder) throw new Error('A quantizer is examined by its decoder.');
  const data = new Float32Array(documents.data.length);
  let step = fewestRowsPerStep;
  for (let start = 0; start < documents.rows; ) {
    const block = rowRange(documents, start, Math.min(documents.rows, start + step));
    const decoded = normalizeRows(decoder.decode(quantizer.encode(block, 'document')));
    data.set(decoded.data, start * documents.columns);
    start += block.rows;
    step = Math.min(rowsPerStep, 2 * step);
    yield;
  }
  const restored = { ...documents, data };
  return (questions) => matrixKernel().multiplyTransposed(questions, restored);
}

/** A bit stands for the mean size of the values behind it; codes of a rotation are all decoded to the same length. */
function* scoreByMeans(map: AffineMap, documents: Matrix): Steps<Scorer> {
  const columns = map.bias.length;
  const restored = {
    rows: documents.rows,
    columns,
    data: new Float32Array(documents.rows * columns),
  };
  const project = affineFunction(map);
  const sizes = new Float64Array(columns);
  for (let start = 0; start < documents.rows; start += rowsPerStep) {
    const { data } = project(
      rowRange(documents, start, Math.min(documents.rows, start + rowsPerStep)),
    );
    for (let p = 0; p < data.length; p++) sizes[p % columns] += Math.abs(data[p]);
    restored.data.set(data, start * columns);
    yield;
  }
  const { data } = restored;
  for (let p = 0; p < data.length; p++) {
    const size = sizes[p % columns] / documents.rows;
    data[p] = data[p] > 0 ? size : -size;
  }
  const turned = { ...map, bias: new Float32Array(columns) };
  return (questions) =>
    matrixKernel().multiplyTransposed(applyAffineMap(turned, questions), restored);
}

/** By question: the share of its nearest documents that are among the best by score. */
function* foundShares(questions: Matrix, nearest: Uint32Array, score: Scorer): Steps<Float64Array> {
  const wanted = nearest.length / questions.rows;
  const shares = new Float64Array(questions.rows);
  for (let start = 0; start < questions.rows; start += rowsPerStep) {
    const block = rowRange(questions, start, Math.min(questions.rows, start + rowsPerStep));
    const scores = score(block);
    for (let i = 0; i < block.rows; i++) {
      const own = row(scores, i);
      // What is level with one that is not among the best is not, either.
      const beaten = own.slice().sort()[own.length - 1 - rerank] ?? -Infinity;
      const theirs = nearest.subarray((start + i) * wanted, (start + i + 1) * wanted);
      shares[start + i] = theirs.reduce((sum, j) => sum + (own[j] > beaten ? 1 : 0), 0) / wanted;
      yield;
    }
  }
  return shares;
}

/** The first kind, unless another finds more, by more than chance: then the best of those. */
function takenOf(asked: string, contenders: Readonly<Record<string, Float64Array>>): string {
  let taken = asked;
  for (const [kind, shares] of Object.entries(contenders)) {
    const gains = shares.map((share, i) => share - contenders[asked][i]);
    const gain = meanOf(gains);
    const variance = meanOf(gains.map((each) => (each - gain) ** 2));
    const isSure = gain > leastGain && gain > standardErrors * Math.sqrt(variance / gains.length);
    if (isSure && meanOf(shares) > meanOf(contenders[taken])) taken = kind;
  }
  return taken;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
