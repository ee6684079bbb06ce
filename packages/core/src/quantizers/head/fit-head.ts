import type { Codes } from '../../codes/codes.ts';
import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { binarizers } from '../../training/binarizers.ts';
import { bitEntropy } from '../../training/bit-entropy.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import type { EncoderWeights } from '../../training/encoder-weights.ts';
import { encodeReal } from '../../training/encoder-weights.ts';
import type { LossWeights } from '../../training/head-loss.ts';
import { scoreNames } from '../../training/head-loss.ts';
import type { HeadModel } from '../../training/head-model.ts';
import type { HeldOutVectors } from '../../training/held-out-recall.ts';
import { decodedScorer, heldOutRecalls, holdOutVectors } from '../../training/held-out-recall.ts';
import { mineNeighbours } from '../../training/mine-neighbours.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { WeightedBatch } from '../../training/train-head.ts';
import { trainHead } from '../../training/train-head.ts';
import type { CurvePoint } from '../../training/training-checkpoint.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, selectRows, toMatrix, transpose, zeros } from '../../vectors/matrix.ts';
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
import type { HeadParts } from './head-quantizer.ts';
import { HeadQuantizer } from './head-quantizer.ts';

/** Codes chosen for restorers, and what orders them. */
interface Refined {
  /** Of documents: what their codes are chosen from. */
  readonly encoder: EncoderWeights;
  readonly restorers: readonly AffineMap[];
  readonly later: HeadModel;
}

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
  readonly name: 'start' | 'trained' | 'refined';
  /** At the depth of re-ranking that was asked for, at half of it and so on; 0 for none at last. */
  readonly recalls: readonly { readonly rerank: number; readonly recall: number }[];
  readonly isTaken: boolean;
}

const defaultWeights: LossWeights = { symmetric: 0.3, decoded: 1 };
/** Of the encoder and the decoders, training together. */
const rates = { encoder: 2e-3, decoders: 2e-4 };
/** Of the encoder of queries, once the codes of the documents are there. */
const queryEncoderRate = 1e-3;
const queryEncoderSteps = 400;
/** Of the decoders then: fewer find less, of any number of vectors. */
const fewestDecoderSteps = 200;
/** What scores are multiplied with at first, by their names. */
const firstScales = { symmetric: 15, asymmetric: 15, decoded: 20, cosine: 20 };
const neighbourCount = 32;
const hiddenWidth = 256;
/** In between what is best by Hamming distance and what is best decoded. */
const defaultLoyalty = 0.002;
/** Vectors to learn from, at most. */
const mostRows = 40_000;
/** A stage has to find so much more than the one before to be taken. */
const leastGain = 0.001;

/**
 * Trains a head on documents.
 *
 * It starts from principal components and ITQ, or from another head. Encoder and decoder are trained
 * together; then it is refined: documents get the codes from which restorers make most of them, and the
 * decoder and the encoder of queries learn to order those codes. Each stage is asked for the neighbours of
 * held-out vectors; the last that finds more than those before it is taken, so a head is never worse there
 * than where it started.
 *
 * @param vectors of documents; a random 40,000 of them are learned from
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`, and for a
 *   checkpoint `invalid-file` and the like
 */
export async function fitHead(vectors: Vectors, options: HeadFitOptions): Promise<HeadFit> {
  const { seed = 0, rerank = 40, choose = true, loyalty = defaultLoyalty, signal } = options;
  signal?.throwIfAborted();
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  const prefixes = checkHeadOptions(matrix.columns, options);
  const documents = normalizeRows(sampleRows(matrix, mostRows, seed));
  const { training, heldOut } = await holdOutVectors(documents, seed, options);
  const model = await startModel(training, prefixes, options);
  const depths = shallowerDepths(rerank);
  const stages: { stage: Omit<HeadStage, 'isTaken'>; quantizer: HeadQuantizer }[] = [];
  const compare = (name: HeadStage['name'], quantizer: HeadQuantizer): void => {
    const recalls = quantizerRecalls(quantizer, heldOut, depths);
    stages.push({
      stage: { name, recalls: depths.map((depth, i) => ({ rerank: depth, recall: recalls[i] })) },
      quantizer,
    });
  };
  const { from } = options;
  compare('start', from instanceof HeadQuantizer ? from : quantizerOf(model, prefixes, training));

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
  compare('trained', quantizerOf(model, prefixes, training));

  const refine = async (
    start: HeadModel,
    restored: Matrix,
    { rounds, steps: laterSteps }: { rounds: number; steps: number },
  ): Promise<Refined> => {
    const { restorers, encoder } = await fitRestorers(
      model.encoder,
      restored,
      prefixes,
      rounds,
      options,
    );
    const codes = chooseSigns(encoder, restorers, training, loyalty);
    const draw = similarityDrawer(training, neighbours, codes);
    const later = { ...copyModel(start), decoders: restorers.map(decoderWeights) };
    for (const decoder of later.decoders) {
      await descendDecoder(decoder, codes, training, neighbours, {
        ...options,
        seed,
        steps: Math.max(fewestDecoderSteps, laterSteps),
      });
    }
    await trainHead(later, {
      ...learning,
      checkpoint: undefined,
      onCheckpoint: undefined,
      weights: { symmetric: 1 },
      steps: queryEncoderSteps,
      rates: { encoder: queryEncoderRate, decoders: 0 },
      seed: seed + 1,
      draw: (random) => [draw(random)],
    });
    return { encoder, restorers, later };
  };
  const refined = (restored: Matrix, { encoder, restorers, later }: Refined): HeadQuantizer => {
    const decoders = later.decoders.map(decoderMap);
    const signs = chooseSigns(encoder, restorers, restored, loyalty);
    return chosenQuantizer(
      { encoder: headEncoder(encoder), queryEncoder: headEncoder(later.encoder), loyalty },
      restorers,
      decoders,
      signs,
    );
  };
  if (choose) {
    const first = await refine(model, training, { rounds: 4, steps: Math.ceil(steps / 3) });
    compare('refined', refined(training, first));
    if (bestStage(stages.map(({ stage }) => stage)) === stages.length - 1) {
      // Documents that were held out to compare the stages are restored as well as the others.
      const last = await refine(first.later, documents, { rounds: 8, steps: Math.ceil(steps / 2) });
      stages[stages.length - 1].quantizer = refined(documents, last);
    }
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

/** Every vector is a query two or three times; within bounds of time. */
function defaultSteps(rows: number): number {
  return Math.min(1500, Math.max(20, Math.round(rows / 24)));
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
  const { bits, seed = 0, from, architecture = 'linear' } = options;
  const logScales = new Float32Array(prefixes.length * scoreNames.length);
  for (let p = 0; p < logScales.length; p++) {
    logScales[p] = Math.log(firstScales[scoreNames[p % scoreNames.length]]);
  }
  if (from instanceof HeadQuantizer) {
    const decoders = from.parts.prefixes.map(({ decoder }) => decoderWeights(decoder.map));
    const { encoder, queryEncoder = encoder } = from.parts;
    return { encoder: encoderWeights(queryEncoder), decoders, logScales };
  }
  const itq = await fitNestedItq(vectors, prefixes, { ...options, seed });
  const real = applyAffineMap(itq, vectors);
  const decoders = prefixes.map((prefix) => {
    const signs = leadingColumns(unpackSigns(packSigns(real)), prefix);
    return decoderWeights(fitRidgeRegression(signs, vectors));
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

/**
 * Rounds of fitting restorers to codes, choosing codes for the restorers, and fitting the encoder that codes
 * are chosen from to the codes.
 */
async function fitRestorers(
  start: EncoderWeights,
  documents: Matrix,
  prefixes: readonly number[],
  rounds: number,
  options: HeadFitOptions,
): Promise<{ restorers: AffineMap[]; encoder: EncoderWeights }> {
  const { loyalty = defaultLoyalty } = options;
  const predictBits = ridgeRegressionOn(documents);
  let encoder = start;
  let signs = unpackSigns(packSigns(encodeReal(encoder, documents).real));
  let restorers: AffineMap[] = [];
  for (let round = 0; round <= rounds; round++) {
    await checkpoint(options, { stage: 'choose', done: round, total: rounds });
    restorers = prefixes.map((prefix) =>
      fitRidgeRegression(leadingColumns(signs, prefix), documents),
    );
    if (round === rounds) break;
    signs = chooseSigns(encoder, restorers, documents, loyalty);
    const { weights, bias } = predictBits(signs);
    encoder = { weights: transpose(weights as Matrix), bias };
  }
  return { restorers, encoder };
}

function chooseSigns(
  encoder: EncoderWeights,
  restorers: readonly AffineMap[],
  vectors: Matrix,
  loyalty: number,
): Matrix {
  const choose = codeChooser(restorers, encoder.bias.length, loyalty);
  const fields = choose(vectors, encodeReal(encoder, vectors).real);
  return unpackSigns(packSigns(fields));
}

function copyModel({ encoder, decoders, logScales }: HeadModel): HeadModel {
  return {
    encoder: encoderWeights(headEncoder(encoder)),
    decoders: decoders.map((decoder) => decoderWeights(decoderMap(decoder))),
    logScales: logScales.slice(),
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

/**
 * A head whose documents get the codes that restorers make most of.
 *
 * @param signs such codes
 */
function chosenQuantizer(
  parts: Omit<HeadParts, 'prefixes'>,
  restorers: readonly AffineMap[],
  decoders: readonly AffineMap[],
  signs: Matrix,
): HeadQuantizer {
  return new HeadQuantizer({
    ...parts,
    prefixes: restorers.map((restorer, i) => {
      const bits = restorer.inputDimensions;
      const codes = packSigns(leadingColumns(signs, bits));
      return { bits, restorer, decoder: withNormRange(decoders[i], codes) };
    }),
  });
}

function leadingCodes(codes: Codes, bits: number): Codes {
  return bits === codes.bits ? codes : packSigns(leadingColumns(unpackSigns(codes), bits));
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
