import type { Codes } from '../../codes/codes.ts';
import { packSignsInSteps } from '../../codes/pack-signs-in-blocks.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { affineFunction } from '../../transforms/affine-map.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import { mapFromStandard, mapOfStandard, standardize } from '../../transforms/standardize.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { localFields } from './choose-codes.ts';

/** More find no more neighbours on vectors that this was not chosen on. */
const rounds = 8;
/** Documents to learn from in the rounds, which need few, at most, and for the rotation that they begin with. */
const roundSampleSize = 3000;
const rotationSampleSize = 4000;
/** Turns of the rotation that the rounds begin with: those of long codes take longer, and the rounds make up for fewer. */
const rotationIterations = { short: 12, long: 6 };
const mostShortBits = 128;

/** Maps between vectors and codes. */
interface ChosenCodes {
  /** From vectors to the real values behind the bits that a choice starts from. */
  readonly encoder: AffineMap;
  /** From codes of -1 and 1 to vectors, by least squares. */
  readonly reconstruction: AffineMap;
  /** The rotation of ITQ that it began with. */
  readonly itq: AffineMap;
  /** The root of the mean squared distance of the vectors from their mean. */
  readonly spread: number;
}

/**
 * Starts from principal components and ITQ, and then, in turns, fits the decoder to the codes, chooses the
 * codes for the decoder, and fits the encoder to the codes: of what tells the vectors apart, however close they lie to
 * a mean.
 *
 * @param vectors of unit length
 */
export async function fitChosenCodes(
  vectors: Matrix,
  options: TaskOptions & { readonly bits: number; readonly seed: number },
): Promise<ChosenCodes> {
  const { bits, seed } = options;
  const solve = <Result>(steps: Steps<Result>): Promise<Result> => inTurns(steps, options);
  const { mean, spread, standardized: sample } = await solve(standardize(vectors));
  const roundSample = sampleRows(sample, roundSampleSize, seed);
  const itq = await fitItq(sample, {
    ...options,
    outputDimensions: bits,
    sampleSize: rotationSampleSize,
    iterations: bits > mostShortBits ? rotationIterations.long : rotationIterations.short,
  });
  let encoder: AffineMap = itq;
  let codes = await solve(packSignsInSteps(roundSample, bits, affineFunction(encoder)));
  const predictBits = await solve(ridgeRegressionOn(roundSample));
  for (let round = 0; round < rounds; round++) {
    await checkpoint(options, { stage: 'encode', done: round, total: rounds });
    const decoder = await solve(fitRidgeRegression(unpackSigns(codes), roundSample));
    codes = await solve(chooseCodes(roundSample, { encoder, reconstruction: decoder }));
    encoder = await solve(predictBits(unpackSigns(codes)));
  }
  let reconstruction = await solve(fitRidgeRegression(unpackSigns(codes), roundSample));
  codes = await solve(chooseCodes(sample, { encoder, reconstruction }));
  reconstruction = await solve(fitRidgeRegression(unpackSigns(codes), sample));
  return {
    itq: mapOfStandard(itq, { mean, spread }),
    encoder: mapOfStandard(encoder, { mean, spread }),
    reconstruction: mapFromStandard(reconstruction, { mean, spread }),
    spread,
  };
}

/** The codes that the reconstruction makes most of. */
export function chooseCodes(
  vectors: Matrix,
  { encoder, reconstruction }: Pick<ChosenCodes, 'encoder' | 'reconstruction'>,
): Steps<Codes> {
  return packSignsInSteps(vectors, encoder.bias.length, localFields(encoder, reconstruction));
}
