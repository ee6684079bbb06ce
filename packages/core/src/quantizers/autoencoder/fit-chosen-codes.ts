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
import type { Matrix } from '../../vectors/matrix.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { localFields } from './local-fields.ts';

/** More find no more neighbours on vectors that this was not chosen on. */
const rounds = 8;
/** Documents to learn from in the rounds, which need few, at most. */
const roundSampleSize = 5000;

/** Maps between vectors and codes, and the codes that were chosen. */
interface ChosenCodes {
  /** From vectors to the real values behind the bits that a choice starts from. */
  readonly encoder: AffineMap;
  /** From codes of -1 and 1 to vectors, by least squares. */
  readonly restorer: AffineMap;
  /** Of the sample: those that the restorer makes most of. */
  readonly codes: Codes;
}

/**
 * Starts from principal components and ITQ, and then, in turns, fits the decoder to the codes, chooses the
 * codes for the decoder, and fits the encoder to the codes.
 *
 * @param sample of unit length
 */
export async function fitChosenCodes(
  sample: Matrix,
  options: TaskOptions & { readonly bits: number; readonly seed: number },
): Promise<ChosenCodes> {
  const { bits, seed } = options;
  const roundSample = sampleRows(sample, roundSampleSize, seed);
  let encoder: AffineMap = await fitItq(sample, { ...options, outputDimensions: bits });
  const solve = <Result>(steps: Steps<Result>): Promise<Result> => inTurns(steps, options);
  let codes = await solve(packSignsInSteps(roundSample, bits, affineFunction(encoder)));
  const predictBits = await solve(ridgeRegressionOn(roundSample));
  for (let round = 0; round < rounds; round++) {
    await checkpoint(options, { stage: 'encode', done: round, total: rounds });
    const decoder = await solve(fitRidgeRegression(unpackSigns(codes), roundSample));
    codes = await solve(packSignsInSteps(roundSample, bits, localFields(encoder, decoder)));
    encoder = await solve(predictBits(unpackSigns(codes)));
  }
  let restorer = await solve(fitRidgeRegression(unpackSigns(codes), roundSample));
  codes = await solve(packSignsInSteps(sample, bits, localFields(encoder, restorer)));
  restorer = await solve(fitRidgeRegression(unpackSigns(codes), sample));
  codes = await solve(packSignsInSteps(sample, bits, localFields(encoder, restorer)));
  return { encoder, restorer, codes };
}
