import { packSigns } from '../../codes/codes.ts';
import { packSignsInSteps } from '../../codes/pack-signs-in-blocks.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { EncoderWeights } from '../../training/code-model.ts';
import { decoderMap, decoderWeights, encodeReal } from '../../training/code-model.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { Askers } from '../../training/similarity-batches.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { crossProductSteps } from '../../transforms/cross-product.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { transpose } from '../../vectors/matrix.ts';
import type { LinearDecoder } from '../linear-decoder.ts';
import { withNormRange } from '../linear-decoder.ts';
import { widenedRange } from '../normed-decoder.ts';
import { AdditiveDecoder, fitCodebooks } from './additive-decoder.ts';
import { documentChooser } from './choose-codes.ts';

/** Codes chosen for reconstructions, and what orders them. */
export interface RefinedCodes {
  /** Of documents: what their codes are chosen from. */
  readonly encoder: EncoderWeights;
  readonly reconstructions: readonly AffineMap[];
  /** By prefix. */
  readonly decoders: readonly (LinearDecoder | AdditiveDecoder)[];
}

/** Of choosing codes for codebooks and fitting these again. */
const additiveRounds = 2;

export interface RefineOptions extends TaskOptions {
  readonly start: EncoderWeights;
  readonly prefixes: readonly number[];
  readonly rounds: number;
  readonly encoderWeight: number;
  /** Documents whose order decoders learn, and what asks for them. */
  readonly training: Matrix;
  readonly askers: readonly Askers[];
  readonly seed: number;
  /** Of the descent of decoders. */
  readonly steps?: number | undefined;
}

/**
 * Rounds of fitting reconstructions to codes, choosing codes for the reconstructions, and fitting the encoder that codes
 * are chosen from to the codes. Then decoders, which start from the reconstructions, learn to order the codes.
 */
export async function refineCodes(
  documents: Matrix,
  options: RefineOptions,
): Promise<RefinedCodes> {
  const { start, prefixes, rounds, encoderWeight, training, askers, seed } = options;
  const solve = <Result>(steps: Steps<Result>): Promise<Result> => inTurns(steps, options);
  const predictBits = await solve(ridgeRegressionOn(documents));
  let encoder = start;
  let signs = unpackSigns(packSigns(encodeReal(encoder, documents).real));
  let reconstructions: AffineMap[] = [];
  // Of use for both directions: from codes to documents and back.
  let products = await solve(crossProductSteps(signs, documents));
  for (let round = 0; round <= rounds; round++) {
    await checkpoint(options, { stage: 'choose', done: round, total: rounds });
    reconstructions = await solve(fitReconstructions(signs, documents, prefixes, products));
    if (round === rounds) break;
    signs = await solve(chooseSigns({ encoder, reconstructions }, documents, encoderWeight));
    products = await solve(crossProductSteps(signs, documents));
    const { weights, bias } = await solve(predictBits(signs, turned(products, documents.columns)));
    encoder = { weights: transpose(weights as Matrix), bias };
  }
  const ordered = await solve(chooseSigns({ encoder, reconstructions }, training, encoderWeight));
  const codes =
    documents === training
      ? ordered
      : await solve(chooseSigns({ encoder, reconstructions }, documents, encoderWeight));
  const decoders: LinearDecoder[] = [];
  for (const reconstruction of reconstructions) {
    const bits = reconstruction.inputDimensions;
    const decoder = decoderWeights(reconstruction);
    await descendDecoder(decoder, leadingColumns(ordered, bits), training, askers, {
      ...options,
      seed: seed + 1,
    });
    const leading = packSigns(leadingColumns(codes, bits));
    decoders.push(await solve(withNormRange(decoderMap(decoder), leading)));
  }
  return { encoder, reconstructions, decoders };
}

/** @param products the transpose of the signs times the documents */
function* fitReconstructions(
  signs: Matrix,
  documents: Matrix,
  prefixes: readonly number[],
  products: Float64Array,
): Steps<AffineMap[]> {
  const reconstructions: AffineMap[] = [];
  for (const prefix of prefixes) {
    const leading = products.subarray(0, prefix * documents.columns);
    const inputs = leadingColumns(signs, prefix);
    reconstructions.push(yield* fitRidgeRegression(inputs, documents, {}, leading));
  }
  return reconstructions;
}

/** Columns become rows. */
function turned(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  const result = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  }
  return result;
}

/** The same with an additive decoder, and with codes that are chosen for it, in turns. */
export async function addCodebooks(
  refined: RefinedCodes,
  documents: Matrix,
  encoderWeight: number,
  options: TaskOptions,
): Promise<RefinedCodes> {
  let additive = refined;
  for (let round = 0; round <= additiveRounds; round++) {
    await checkpoint(options, { stage: 'codebooks', done: round, total: additiveRounds });
    const signs = await inTurns(chooseSigns(additive, documents, encoderWeight), options);
    const linear = await inTurns(fitRidgeRegression(signs, documents), options);
    const codebooks = await inTurns(fitCodebooks(signs, documents, linear), options);
    const norms = new AdditiveDecoder(codebooks, [0, 1]).norms(packSigns(signs));
    const decoder = new AdditiveDecoder(codebooks, widenedRange([Infinity, 0], norms));
    additive = { ...refined, decoders: [decoder] };
  }
  return additive;
}

/** The codes of vectors as -1 and 1. */
export function* chooseSigns(
  { encoder, reconstructions, decoders }: Omit<RefinedCodes, 'decoders'> & Partial<RefinedCodes>,
  vectors: Matrix,
  encoderWeight: number,
): Steps<Matrix> {
  const whole = decoders?.[decoders.length - 1];
  const choose = documentChooser(reconstructions, whole, encoder.bias.length, encoderWeight);
  return unpackSigns(
    yield* packSignsInSteps(vectors, encoder.bias.length, (block) =>
      choose(block, encodeReal(encoder, block).real),
    ),
  );
}
