import type { Codes } from '../../codes/codes.ts';
import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import { binarizers } from '../../training/binarizers.ts';
import type { LossWeights } from '../../training/code-loss.ts';
import { scoreNames } from '../../training/code-loss.ts';
import type { CodeModel, DecoderWeights, EncoderWeights } from '../../training/code-model.ts';
import { decoderMap, decoderWeights, encodeReal } from '../../training/code-model.ts';
import { holdOutVectors, plentyOfVectors } from '../../training/held-out-recall.ts';
import { mineNeighbours } from '../../training/mine-neighbours.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { Askers } from '../../training/similarity-batches.ts';
import { queryAskers } from '../../training/similarity-batches.ts';
import type { TrainModelOptions, WeightedBatch } from '../../training/train-model.ts';
import { trainModel } from '../../training/train-model.ts';
import type { CurvePoint } from '../../training/training-checkpoint.ts';
import { unitPairs } from '../../training/training-pairs.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyInSteps } from '../../transforms/affine-map.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitRidgeRegression } from '../../transforms/ridge-regression.ts';
import { checkedUnitRows } from '../../vectors/checked-unit-rows.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, toMatrix, transpose, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Random } from '../../vectors/random.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { LinearDecoder, withNormRange } from '../linear-decoder.ts';
import { fixedEncoder, trainableEncoder } from './encoder.ts';
import { LearnedQuantizer } from './learned-quantizer.ts';
import type { RefinedCodes } from './refine-codes.ts';
import { addCodebooks, chooseSigns, refineCodes } from './refine-codes.ts';
import type { BatchDrawer } from './training-batches.ts';
import { pairDrawer, similarityDrawer } from './training-batches.ts';
import type { TrainCodesOptions } from './training-options.ts';
import { canBeAdditive, checkTrainingOptions } from './training-options.ts';
import type { TrainingStage } from './training-stages.ts';
import {
  bestStage,
  leadingCodes,
  measureModel,
  quantizerRecalls,
  shallowerDepths,
} from './training-stages.ts';

/** Trained codes, and how they came about. */
export interface TrainedCodes {
  readonly quantizer: LearnedQuantizer;
  /** Loss, held-out recall and entropy of the bits while encoder and decoder were trained together. */
  readonly curve: readonly CurvePoint[];
  /** The stages of the fit on held-out vectors, the start first. Empty where there were too few. */
  readonly stages: readonly TrainingStage[];
}

const defaultPairWeight = 0.3;
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
const defaultEncoderWeight = 0.002;
/** Vectors to learn from, at most. */
const mostRows = 40_000;
/** Of decoders that only have to show what is worth being done in full. */
const triedDecoderSteps = 60;

/**
 * Trains codes of kind `head` on documents.
 *
 * It starts from principal components and ITQ, or from codes that there are. Encoder and decoder are trained
 * together; then it is refined: documents get the codes from which reconstructions make most of them, and
 * decoders learn to order those codes; where there are many vectors, codebooks restore them better still. At
 * last the encoder of queries learns to find the codes. Each stage is asked for the neighbours of
 * held-out vectors; the last that finds more than those before it is taken, so codes are never worse there
 * than where it started.
 *
 * @param vectors of documents; a random 40,000 of them are learned from
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`, and for a
 *   checkpoint `invalid-file` and the like
 */
export async function trainCodes(
  vectors: Vectors,
  options: TrainCodesOptions,
): Promise<TrainedCodes> {
  const {
    seed = 0,
    rerank = 40,
    choose = true,
    encoderWeight = defaultEncoderWeight,
    signal,
  } = options;
  const { pairWeight = defaultPairWeight } = options;
  signal?.throwIfAborted();
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  const prefixes = checkTrainingOptions(matrix.columns, options);
  const documents = normalizeRows(sampleRows(matrix, mostRows, seed));
  const pairs = options.pairs && unitPairs(options.pairs, matrix.columns);
  const queries = options.queries && checkedUnitRows(options.queries, 'queries', matrix.columns);
  const { training, heldOut, asking } = await holdOutVectors(documents, {
    ...options,
    queries,
    seed,
  });
  const model = await startModel(training, prefixes, options);
  const depths = shallowerDepths(rerank);
  const stages: { stage: Omit<TrainingStage, 'isTaken'>; quantizer: LearnedQuantizer }[] = [];
  const compare = (name: TrainingStage['name'], quantizer: LearnedQuantizer): void => {
    const recalls = quantizerRecalls(quantizer, heldOut, depths);
    stages.push({
      stage: { name, recalls: depths.map((depth, i) => ({ rerank: depth, recall: recalls[i] })) },
      quantizer,
    });
  };
  const { from } = options;
  const begun = () => inTurns(quantizerOf(model, prefixes, training), options);
  compare('start', from instanceof LearnedQuantizer ? from : await begun());

  const encode = (vectors: Matrix): Codes => packSigns(encodeReal(model.encoder, vectors).real);
  const neighbours = await mineNeighbours(training, neighbourCount, encode, options);
  const steps = options.steps ?? defaultSteps(training.rows);
  const askers: Askers[] = [{ vectors: training, neighbours }];
  if (asking) askers.push(await queryAskers(asking, training, { ...options, seed }));
  const drawers: BatchDrawer[] = [similarityDrawer(training, askers)];
  if (pairs) drawers.push(await pairDrawer(pairs, pairWeight, options));
  const learning = {
    ...options,
    prefixes,
    seed,
    draw: (random: Random): WeightedBatch[] => drawers.map((draw) => draw(random)),
    binarizer: binarizers[options.binarize ?? 'ste'],
  };
  const weights = options.objectives ?? defaultWeights;
  const curve = await trainModel(model, {
    ...learning,
    weights,
    steps,
    rates,
    measure: (current) => measureModel(current, heldOut, rerank),
  });
  compare('trained', await inTurns(quantizerOf(model, prefixes, training), options));

  if (choose) {
    // Where codebooks are worth their size, and are judged by documents that they have not learned.
    const isAdditive =
      (options.decoder ?? (documents.rows >= plentyOfVectors ? 'additive' : 'linear')) ===
        'additive' && canBeAdditive(options.bits, prefixes);
    const refining = {
      ...options,
      start: model.encoder,
      prefixes,
      encoderWeight,
      training,
      askers,
      seed,
    };
    const quantizer = (refined: RefinedCodes, queryEncoder: EncoderWeights): LearnedQuantizer =>
      new LearnedQuantizer({
        kind: 'head',
        encoder: fixedEncoder(refined.encoder),
        queryEncoder: fixedEncoder(queryEncoder),
        encoderWeight,
        prefixes: prefixes.map((bits, i) => ({
          bits,
          reconstruction: refined.reconstructions[i],
          decoder: refined.decoders[i],
        })),
      });
    const first = await refineCodes(training, {
      ...refining,
      rounds: 4,
      steps: Math.min(triedDecoderSteps, options.steps ?? Infinity),
    });
    compare('refined', quantizer(first, model.encoder));
    if (isAdditive) {
      const additive = await addCodebooks(first, training, encoderWeight, options);
      compare('additive', quantizer(additive, model.encoder));
    }
    const best = bestStage(stages.map(({ stage }) => stage));
    const { name } = stages[best].stage;
    if (name === 'refined' || name === 'additive') {
      // Documents that were held out to compare the stages are restored as well as the others.
      let last = await refineCodes(documents, { ...refining, rounds: 8 });
      if (name === 'additive') last = await addCodebooks(last, documents, encoderWeight, options);
      const codes = await inTurns(chooseSigns(last, training, encoderWeight), options);
      const queryEncoder = await trainQueryEncoder(
        model,
        { ...learning, steps: options.steps ?? queryEncoderSteps },
        similarityDrawer(training, askers, codes),
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

async function startModel(
  vectors: Matrix,
  prefixes: readonly number[],
  options: TrainCodesOptions,
): Promise<CodeModel> {
  const { bits, seed = 0, from, architecture = 'linear' } = options;
  const logScales = new Float32Array(prefixes.length * scoreNames.length);
  for (let p = 0; p < logScales.length; p++) {
    logScales[p] = Math.log(firstScales[scoreNames[p % scoreNames.length]]);
  }
  if (from instanceof LearnedQuantizer) {
    const decoders = from.parts.prefixes.map(({ decoder, reconstruction }) =>
      decoderWeights(
        decoder instanceof LinearDecoder ? decoder.map : (reconstruction as AffineMap),
      ),
    );
    const { encoder, queryEncoder = encoder } = from.parts;
    return { encoder: trainableEncoder(queryEncoder), decoders, logScales };
  }
  const itq = await fitNestedItq(vectors, prefixes, { ...options, seed });
  const real = await inTurns(applyInSteps(itq, vectors), options);
  const decoders: DecoderWeights[] = [];
  for (const prefix of prefixes) {
    const signs = leadingColumns(unpackSigns(packSigns(real)), prefix);
    decoders.push(decoderWeights(await inTurns(fitRidgeRegression(signs, vectors), options)));
  }
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

/** What finds the codes of documents by Hamming distance. */
async function trainQueryEncoder(
  { encoder, logScales }: CodeModel,
  learning: Omit<TrainModelOptions, 'draw' | 'weights' | 'rates'>,
  draw: BatchDrawer,
): Promise<EncoderWeights> {
  const model = {
    encoder: trainableEncoder(fixedEncoder(encoder)),
    // Nothing is decoded.
    decoders: [],
    logScales: logScales.slice(),
  };
  await trainModel(model, {
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

/** A quantizer of what training has come to. */
function* quantizerOf(
  { encoder, decoders }: CodeModel,
  prefixes: readonly number[],
  sample: Matrix,
): Steps<LearnedQuantizer> {
  const codes = packSigns(encodeReal(encoder, sample).real);
  const parts = [];
  for (const [i, bits] of prefixes.entries()) {
    const decoder = yield* withNormRange(decoderMap(decoders[i]), leadingCodes(codes, bits));
    parts.push({ bits, decoder });
  }
  return new LearnedQuantizer({
    kind: 'head',
    encoder: fixedEncoder(encoder),
    prefixes: parts,
  });
}
