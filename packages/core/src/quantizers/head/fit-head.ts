import type { Codes } from '../../codes/codes.ts';
import { packSigns } from '../../codes/codes.ts';
import { packSignsInBlocks } from '../../codes/pack-signs-in-blocks.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { binarizers } from '../../training/binarizers.ts';
import { bitEntropy } from '../../training/bit-entropy.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import type { EncoderWeights } from '../../training/encoder-weights.ts';
import { encodeReal } from '../../training/encoder-weights.ts';
import { fitCodebooks } from '../../training/fit-codebooks.ts';
import type { LossWeights } from '../../training/head-loss.ts';
import { scoreNames } from '../../training/head-loss.ts';
import type { HeadModel } from '../../training/head-model.ts';
import type { HeldOutVectors } from '../../training/held-out-recall.ts';
import { decodedScorer, heldOutRecalls, holdOutVectors } from '../../training/held-out-recall.ts';
import { mineNeighbours } from '../../training/mine-neighbours.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { TrainHeadOptions, WeightedBatch } from '../../training/train-head.ts';
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
import { AdditiveDecoder } from '../additive-decoder.ts';
import { LinearDecoder } from '../linear-decoder.ts';
import { widenedRange } from '../norm-bytes.ts';
import { withNormRange } from '../with-norm-range.ts';
import { canBeAdditive, checkHeadOptions } from './check-head-options.ts';
import type { BatchDrawer } from './head-batches.ts';
import { pairDrawer, similarityDrawer } from './head-batches.ts';
import { encoderWeights, headEncoder } from './head-encoder.ts';
import type { HeadFitOptions } from './head-options.ts';
import { documentChooser, HeadQuantizer } from './head-quantizer.ts';

/** Codes chosen for restorers, and what orders them. */
interface Refined {
  /** Of documents: what their codes are chosen from. */
  readonly encoder: EncoderWeights;
  readonly restorers: readonly AffineMap[];
  /** By prefix. */
  readonly decoders: readonly (LinearDecoder | AdditiveDecoder)[];
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
  readonly name: 'start' | 'trained' | 'refined' | 'additive';
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
/** Where codebooks are worth their size, and their vectors have enough to be learned from. */
const plentyOfRows = 20_000;
/** Of choosing codes for codebooks and fitting these again. */
const additiveRounds = 2;

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

  if (choose) {
    const isAdditive =
      (options.decoder ?? (documents.rows >= plentyOfRows ? 'additive' : 'linear')) ===
        'additive' && canBeAdditive(options.bits, prefixes);
    const start = { start: model.encoder, prefixes, loyalty, neighbours, training, seed };
    const quantizer = (refined: Refined, queryEncoder: EncoderWeights): HeadQuantizer =>
      new HeadQuantizer({
        encoder: headEncoder(refined.encoder),
        queryEncoder: headEncoder(queryEncoder),
        loyalty,
        prefixes: prefixes.map((bits, i) => ({
          bits,
          restorer: refined.restorers[i],
          decoder: refined.decoders[i],
        })),
      });
    const first = await refine(training, { ...start, rounds: 4 }, options);
    compare('refined', quantizer(first, model.encoder));
    if (isAdditive) {
      const additive = await addCodebooks(first, training, loyalty, options);
      compare('additive', quantizer(additive, model.encoder));
    }
    const best = bestStage(stages.map(({ stage }) => stage));
    const { name } = stages[best].stage;
    if (name === 'refined' || name === 'additive') {
      // Documents that were held out to compare the stages are restored as well as the others.
      let last = await refine(documents, { ...start, rounds: 8 }, options);
      if (name === 'additive') last = await addCodebooks(last, documents, loyalty, options);
      const codes = chooseSigns(last, training, loyalty);
      const queryEncoder = await trainQueryEncoder(
        model,
        { ...learning, steps: options.steps ?? queryEncoderSteps },
        similarityDrawer(training, neighbours, codes),
      );
      stages[best].quantizer = quantizer(last, queryEncoder);
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
    const decoders = from.parts.prefixes.map(({ decoder, restorer }) =>
      decoderWeights(decoder instanceof LinearDecoder ? decoder.map : (restorer as AffineMap)),
    );
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

interface RefineOptions {
  readonly start: EncoderWeights;
  readonly prefixes: readonly number[];
  readonly rounds: number;
  readonly loyalty: number;
  /** What decoders learn the order of documents from, and the neighbours of each. */
  readonly training: Matrix;
  readonly neighbours: Uint32Array;
  readonly seed: number;
}

/**
 * Rounds of fitting restorers to codes, choosing codes for the restorers, and fitting the encoder that codes
 * are chosen from to the codes. Then decoders, which start from the restorers, learn to order the codes.
 */
async function refine(
  documents: Matrix,
  { start, prefixes, rounds, loyalty, training, neighbours, seed }: RefineOptions,
  options: HeadFitOptions,
): Promise<Refined> {
  const predictBits = ridgeRegressionOn(documents);
  let encoder = start;
  let signs = unpackSigns(packSigns(encodeReal(encoder, documents).real));
  let restorers: AffineMap[] = [];
  for (let round = 0; round <= rounds; round++) {
    await checkpoint(options, { stage: 'choose', done: round, total: rounds });
    restorers = fitRestorers(signs, documents, prefixes);
    if (round === rounds) break;
    signs = chooseSigns({ encoder, restorers }, documents, loyalty);
    const { weights, bias } = predictBits(signs);
    encoder = { weights: transpose(weights as Matrix), bias };
  }
  const ordered = chooseSigns({ encoder, restorers }, training, loyalty);
  const codes = packSigns(chooseSigns({ encoder, restorers }, documents, loyalty));
  const decoders: LinearDecoder[] = [];
  for (const restorer of restorers) {
    const bits = restorer.inputDimensions;
    const decoder = decoderWeights(restorer);
    const descent = { ...options, seed: seed + 1, steps: options.steps };
    await descendDecoder(decoder, leadingColumns(ordered, bits), training, neighbours, descent);
    decoders.push(withNormRange(decoderMap(decoder), leadingCodes(codes, bits)));
  }
  return { encoder, restorers, decoders };
}

function fitRestorers(signs: Matrix, documents: Matrix, prefixes: readonly number[]): AffineMap[] {
  return prefixes.map((prefix) => fitRidgeRegression(leadingColumns(signs, prefix), documents));
}

/** The same with an additive decoder, and with codes that are chosen for it, in turns. */
async function addCodebooks(
  refined: Refined,
  documents: Matrix,
  loyalty: number,
  options: HeadFitOptions,
): Promise<Refined> {
  let additive = refined;
  for (let round = 0; round <= additiveRounds; round++) {
    await checkpoint(options, { stage: 'codebooks', done: round, total: additiveRounds });
    const signs = chooseSigns(additive, documents, loyalty);
    const linear = fitRidgeRegression(signs, documents);
    const codebooks = fitCodebooks(signs, documents, linear);
    const norms = new AdditiveDecoder(codebooks, [0, 1]).norms(packSigns(signs));
    const decoder = new AdditiveDecoder(codebooks, widenedRange([Infinity, 0], norms));
    additive = { ...refined, decoders: [decoder] };
  }
  return additive;
}

/** What finds the codes of documents by Hamming distance. */
async function trainQueryEncoder(
  { encoder, decoders, logScales }: HeadModel,
  learning: Omit<TrainHeadOptions, 'draw' | 'weights' | 'rates'>,
  draw: BatchDrawer,
): Promise<EncoderWeights> {
  const model = {
    encoder: encoderWeights(headEncoder(encoder)),
    decoders,
    logScales: logScales.slice(),
  };
  await trainHead(model, {
    ...learning,
    checkpoint: undefined,
    onCheckpoint: undefined,
    measure: undefined,
    weights: { symmetric: 1 },
    rates: { encoder: queryEncoderRate, decoders: 0 },
    seed: learning.seed + 1,
    draw: (random) => [draw(random)],
  });
  return model.encoder;
}

/** The codes of vectors as -1 and 1. */
function chooseSigns(
  { encoder, restorers, decoders }: Omit<Refined, 'decoders'> & Partial<Refined>,
  vectors: Matrix,
  loyalty: number,
): Matrix {
  const whole = decoders?.[decoders.length - 1];
  const choose = documentChooser(restorers, whole, encoder.bias.length, loyalty);
  return unpackSigns(
    packSignsInBlocks(vectors, encoder.bias.length, (block) =>
      choose(block, encodeReal(encoder, block).real),
    ),
  );
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
    const decoded = applyAffineMap(decoderMap({ bitVectors, bias }), codes);
    return heldOutRecalls(heldOut, decodedScorer(decoded), [rerank, 0]);
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
  const codes = quantizer.encode(heldOut.documents, 'document');
  const { prefixes } = quantizer.parts;
  const sums = depths.map(() => 0);
  for (const { bits, decoder } of prefixes) {
    const scorer = decodedScorer(decoder.decode(leadingCodes(codes, bits)));
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
