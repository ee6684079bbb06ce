import type { Codes } from '../../codes/codes.ts';
import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { binarizers } from '../../training/binarizers.ts';
import { bitEntropy } from '../../training/bit-entropy.ts';
import type { EncoderWeights } from '../../training/encoder-weights.ts';
import { encodeReal } from '../../training/encoder-weights.ts';
import type { LossWeights } from '../../training/head-loss.ts';
import { scoreNames } from '../../training/head-loss.ts';
import type { HeadModel } from '../../training/head-model.ts';
import type { HeldOutVectors } from '../../training/held-out-recall.ts';
import { decodedScorer, heldOutRecalls, holdOutVectors } from '../../training/held-out-recall.ts';
import { mineNeighbours } from '../../training/mine-neighbours.ts';
import type { DecoderWeights } from '../../training/scores/decoded-scores.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { WeightedBatch } from '../../training/train-head.ts';
import { trainHead } from '../../training/train-head.ts';
import type { CurvePoint } from '../../training/training-checkpoint.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitRidgeRegression } from '../../transforms/ridge-regression.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows, toMatrix, transpose, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Random } from '../../vectors/random.ts';
import { gaussian, sampleIndices, seededRandom } from '../../vectors/random.ts';
import { withNormRange } from '../with-norm-range.ts';
import { checkHeadOptions } from './check-head-options.ts';
import { codeChooser } from './code-chooser.ts';
import type { BatchDrawer } from './head-batches.ts';
import { pairDrawer, similarityDrawer } from './head-batches.ts';
import { encoderWeights, headEncoder } from './head-encoder.ts';
import type { HeadFitOptions } from './head-options.ts';
import { HeadQuantizer } from './head-quantizer.ts';

/** A head, and how it came about. */
export interface HeadFit {
  readonly quantizer: HeadQuantizer;
  /** Loss, held-out recall and entropy of the bits while encoder and decoder were trained together. */
  readonly curve: readonly CurvePoint[];
  /** The stages of the fit on held-out vectors, the start first. Empty where there were too few. */
  readonly stages: readonly HeadStage[];
}

/** What the codes of a stage find of the neighbours of vectors that no stage has seen. */
export interface HeadStage {
  readonly name: 'start' | 'trained' | 'chosen' | 'ordered';
  /** At the depth of re-ranking that was asked for, at half of it and so on; 0 for none at last. */
  readonly recalls: readonly { readonly rerank: number; readonly recall: number }[];
  readonly isTaken: boolean;
}

const defaultWeights: LossWeights = { symmetric: 0.3, decoded: 1 };
/** Of the encoder and the decoders, training together. */
const rates = { encoder: 2e-3, decoders: 2e-4 };
/** Of the encoder of queries and the decoders, once the codes of the documents are there. */
const laterRates = { encoder: 1e-3, decoders: 5e-5 };
/** What scores are multiplied with at first, by their names. */
const firstScales = { symmetric: 15, asymmetric: 15, decoded: 20, cosine: 20 };
const neighbourCount = 32;
const hiddenWidth = 256;
/** Vectors that restorers are learned from, and rounds of choosing codes for them. */
const restoredRows = 40_000;
const restoringRounds = 4;
/** A stage has to find so much more than the one before to be taken. */
const leastGain = 0.001;

/**
 * Trains a head on documents.
 *
 * It starts from principal components and ITQ, or from another head. Encoder and decoder are trained
 * together, then documents get the codes from which restorers make most of them, and at last the decoder
 * and the encoder of queries learn to order those codes. Each stage is asked for the neighbours of held-out
 * vectors; the last that finds more than those before it is taken, so a head is never worse there than
 * where it started.
 *
 * @param documents unit length
 * @throws BitryoshkaError `invalid-option`, and for a checkpoint as `decodeFile`
 */
export async function fitHead(documents: Matrix, options: HeadFitOptions): Promise<HeadFit> {
  const { bits, seed, rerank = 40, choose = true } = options;
  const prefixes = checkHeadOptions(documents.columns, options);
  const { training, heldOut } = await holdOutVectors(documents, seed, options);
  const model = await startModel(training, prefixes, options);
  const sample = sampleRows(training, restoredRows, seed);
  const depths = shallowerDepths(rerank);
  const stages: { stage: Omit<HeadStage, 'isTaken'>; quantizer: HeadQuantizer }[] = [];
  const compare = (name: HeadStage['name'], quantizer: HeadQuantizer): void => {
    const recalls = quantizerRecalls(quantizer, heldOut, depths);
    stages.push({
      stage: { name, recalls: depths.map((depth, i) => ({ rerank: depth, recall: recalls[i] })) },
      quantizer,
    });
  };
  compare('start', quantizerOf(model, prefixes, sample));

  const encode = (vectors: Matrix): Codes => packSigns(encodeReal(model.encoder, vectors).real);
  const neighbours = await mineNeighbours(training, neighbourCount, encode, options);
  const steps = options.steps ?? defaultSteps(training.rows);
  const drawers: BatchDrawer[] = [similarityDrawer(training, neighbours)];
  if (options.pairs) drawers.push(await pairsOf(options, documents.columns));
  const learning = {
    ...options,
    prefixes,
    seed,
    draw: (random: Random): WeightedBatch[] => drawers.map((draw) => draw(random)),
    binarizer: binarizers[options.binarize ?? 'ste'],
  };
  const weights = options.objectives ?? defaultWeights;
  const curve = await trainHead(model, {
    ...learning,
    weights,
    steps,
    rates,
    measure: (current) => measureModel(current, heldOut, rerank),
  });
  compare('trained', quantizerOf(model, prefixes, sample));

  if (choose) {
    const restorers = await fitRestorers(model.encoder, sample, prefixes, options);
    const chosen = chooseSigns(model.encoder, restorers, training, bits);
    compare('chosen', chosenQuantizer(model.encoder, restorers, sample, restorers));
    const later = laterModel(model, restorers);
    await trainHead(later, {
      ...learning,
      checkpoint: undefined,
      onCheckpoint: undefined,
      weights: { symmetric: 1, decoded: 1 },
      steps: Math.ceil(steps / 2),
      rates: laterRates,
      seed: seed + 1,
      draw: (random) => [similarityDrawer(training, neighbours, chosen)(random)],
    });
    const ordered = chosenQuantizer(
      model.encoder,
      restorers,
      sample,
      later.decoders.map(decoderMap),
      later.encoder,
    );
    compare('ordered', ordered);
  }
  const taken = bestStage(stages.map(({ stage }) => stage));
  return {
    quantizer: stages[taken].quantizer,
    curve,
    stages:
      heldOut.queries.rows === 0
        ? []
        : stages.map(({ stage }, i) => ({ ...stage, isTaken: i === taken })),
  };
}

/** About as many queries in all batches as there are vectors, eight times; within bounds of time. */
function defaultSteps(rows: number): number {
  return Math.min(1500, Math.max(20, Math.round(rows / 12)));
}

/** The asked depth, half of it and so on; 0 for none at last. */
function shallowerDepths(rerank: number): number[] {
  const depths: number[] = [];
  for (let depth = rerank; depth > 10; depth = Math.floor(depth / 2)) depths.push(depth);
  return [...depths, 0];
}

async function startModel(
  vectors: Matrix,
  prefixes: readonly number[],
  options: HeadFitOptions,
): Promise<HeadModel> {
  const { bits, seed, from, architecture = 'linear' } = options;
  const logScales = new Float32Array(prefixes.length * scoreNames.length);
  for (let p = 0; p < logScales.length; p++) {
    logScales[p] = Math.log(firstScales[scoreNames[p % scoreNames.length]]);
  }
  if (from instanceof HeadQuantizer) {
    const decoders = from.parts.prefixes.map(({ decoder }) => decoderWeights(decoder.map));
    return { encoder: encoderWeights(from.parts.encoder), decoders, logScales };
  }
  const itq = await fitNestedItq(vectors, prefixes, options);
  const real = applyAffineMap(itq, sampleRows(vectors, restoredRows, seed));
  const decoders = prefixes.map((prefix) => {
    const signs = leadingColumns(unpackSigns(packSigns(real)), prefix);
    const sample = sampleRows(vectors, restoredRows, seed);
    return decoderWeights(fitRidgeRegression(signs, sample));
  });
  // Real values of about one, where the slope that is taken for a bit's is neither steep nor flat.
  const size = real.data.reduce((sum, value) => sum + Math.abs(value), 0) / real.data.length;
  const scale = size > 0 ? 1 / size : 1;
  const weights = transpose(itq.weights as Matrix);
  for (let p = 0; p < weights.data.length; p++) weights.data[p] *= scale;
  const encoder: EncoderWeights = {
    weights,
    bias: itq.bias.map((value) => value * scale),
    hidden: architecture === 'mlp' ? hiddenLayer(vectors.columns, bits, seed) : undefined,
  };
  return { encoder, decoders, logScales };
}

/** Units that see random directions and add nothing yet, so that training starts from the linear map. */
function hiddenLayer(dimensions: number, bits: number, seed: number): EncoderWeights['hidden'] {
  const random = seededRandom(seed + 1);
  const weights = zeros(dimensions, hiddenWidth);
  const spread = 2 / Math.sqrt(dimensions);
  for (let p = 0; p < weights.data.length; p++) weights.data[p] = spread * gaussian(random);
  return { weights, bias: new Float32Array(hiddenWidth), outputs: zeros(hiddenWidth, bits) };
}

async function pairsOf(options: HeadFitOptions, columns: number): Promise<BatchDrawer> {
  const { pairs, pairWeight = 0.3 } = options;
  const queries = normalizeRows(toMatrix(pairs?.queries ?? [], { name: 'pairs.queries', columns }));
  const documents = normalizeRows(
    toMatrix(pairs?.documents ?? [], { name: 'pairs.documents', columns }),
  );
  return pairDrawer(queries, documents, pairWeight, options);
}

/** Rounds of fitting restorers to codes and choosing codes for the restorers. */
async function fitRestorers(
  encoder: EncoderWeights,
  sample: Matrix,
  prefixes: readonly number[],
  options: HeadFitOptions,
): Promise<AffineMap[]> {
  const { bits } = options;
  let signs = unpackSigns(packSigns(encodeReal(encoder, sample).real));
  let restorers: AffineMap[] = [];
  for (let round = 0; round <= restoringRounds; round++) {
    await checkpoint(options, { stage: 'choose', done: round, total: restoringRounds });
    restorers = prefixes.map((prefix) => fitRidgeRegression(leadingColumns(signs, prefix), sample));
    if (round < restoringRounds) signs = chooseSigns(encoder, restorers, sample, bits);
  }
  return restorers;
}

function chooseSigns(
  encoder: EncoderWeights,
  restorers: readonly AffineMap[],
  vectors: Matrix,
  bits: number,
): Matrix {
  const fields = codeChooser(restorers, bits)(vectors, encodeReal(encoder, vectors).real);
  return unpackSigns(packSigns(fields));
}

/** What is left to learn once the documents have their codes. */
function laterModel(model: HeadModel, restorers: readonly AffineMap[]): HeadModel {
  return {
    encoder: encoderWeights(headEncoder(model.encoder)),
    decoders: restorers.map(decoderWeights),
    logScales: model.logScales.slice(),
  };
}

/** A head of what training has come to. */
function quantizerOf(
  { encoder, decoders }: HeadModel,
  prefixes: readonly number[],
  sample: Matrix,
): HeadQuantizer {
  const codes = packSigns(encodeReal(encoder, sample).real);
  return new HeadQuantizer({
    encoder: headEncoder(encoder),
    prefixes: prefixes.map((bits, i) => ({
      bits,
      decoder: withNormRange(decoderMap(decoders[i]), leadingCodes(codes, bits)),
    })),
  });
}

/** A head whose documents get the codes that restorers make most of. */
function chosenQuantizer(
  encoder: EncoderWeights,
  restorers: readonly AffineMap[],
  sample: Matrix,
  decoders: readonly AffineMap[],
  queryEncoder?: EncoderWeights,
): HeadQuantizer {
  const bits = encoder.bias.length;
  const signs = chooseSigns(encoder, restorers, sample, bits);
  return new HeadQuantizer({
    encoder: headEncoder(encoder),
    queryEncoder: queryEncoder && headEncoder(queryEncoder),
    prefixes: restorers.map((restorer, i) => {
      const length = restorer.inputDimensions;
      const codes = packSigns(leadingColumns(signs, length));
      return { bits: length, restorer, decoder: withNormRange(decoders[i], codes) };
    }),
  });
}

function leadingCodes(codes: Codes, bits: number): Codes {
  return bits === codes.bits ? codes : packSigns(leadingColumns(unpackSigns(codes), bits));
}

function decoderWeights({ weights, bias }: AffineMap): DecoderWeights {
  return { bitVectors: transpose(weights as Matrix), bias: bias.slice() };
}

function decoderMap({ bitVectors, bias }: DecoderWeights): AffineMap {
  return { weights: transpose(bitVectors), bias, inputDimensions: bitVectors.rows };
}

function measureModel(
  { encoder, decoders }: HeadModel,
  heldOut: HeldOutVectors,
  rerank: number,
): { score: number; recall: number; entropy: number } {
  const signs = unpackSigns(packSigns(encodeReal(encoder, heldOut.documents).real));
  const recalls = decoders.map(({ bitVectors, bias }) => {
    const codes = leadingColumns(signs, bitVectors.rows);
    return heldOutRecalls(heldOut, decodedScorer(codes, bitVectors, bias), [rerank, 0]);
  });
  const mean = (at: number) =>
    recalls.reduce((sum, each) => sum + (each[at] ?? 0), 0) / Math.max(1, recalls.length);
  const recall = mean(0);
  // Where re-ranking finds all, what is found without says which is better.
  return { score: recall + 0.1 * mean(1), recall, entropy: bitEntropy(signs) };
}

/** Mean over the published prefixes of a head. */
function quantizerRecalls(
  quantizer: HeadQuantizer,
  heldOut: HeldOutVectors,
  depths: readonly number[],
): number[] {
  const signs = unpackSigns(quantizer.encode(heldOut.documents, 'document'));
  const { prefixes } = quantizer.parts;
  const sums = depths.map(() => 0);
  for (const { bits, decoder } of prefixes) {
    const { bitVectors, bias } = decoderWeights(decoder.map);
    const scorer = decodedScorer(leadingColumns(signs, bits), bitVectors, bias);
    for (const [i, recall] of heldOutRecalls(heldOut, scorer, depths).entries()) sums[i] += recall;
  }
  return sums.map((sum) => sum / prefixes.length);
}

/** The last stage that finds more than all before it, over all depths. */
function bestStage(stages: readonly Omit<HeadStage, 'isTaken'>[]): number {
  const scores = stages.map(
    ({ recalls }) => recalls.reduce((sum, { recall }) => sum + recall, 0) / recalls.length,
  );
  let best = 0;
  for (const [i, score] of scores.entries()) if (score > scores[best] + leastGain) best = i;
  return best;
}

function sampleRows(vectors: Matrix, count: number, seed: number): Matrix {
  if (vectors.rows <= count) return vectors;
  return selectRows(vectors, sampleIndices(vectors.rows, count, seededRandom(seed)));
}
