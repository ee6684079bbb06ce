import { packSignsInSteps } from '../../codes/pack-signs-in-blocks.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { nearestNeighbours } from '../../training/exact-neighbours.ts';
import { queryAskers } from '../../training/query-askers.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { affineFunction } from '../../transforms/affine-map.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { withNormRange } from '../fit-linear-decoder.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { AutoencoderQuantizer } from './autoencoder-quantizer.ts';
import { localFields } from './local-fields.ts';

/** More find no more neighbours on vectors that this was not chosen on. */
const rounds = 8;
/** Documents to learn from, at most: in the rounds, which need few, and for the decoder at last. */
const roundSampleSize = 5000;
const sampleSize = 20_000;
/** Of each document, to learn their order from. */
const neighbourCount = 32;

/**
 * Starts from principal components and ITQ, and then, in turns, fits the decoder to the codes, chooses the
 * codes for the decoder, and fits the encoder to the codes. At last the decoder that scores is moved to
 * where its scores keep the order of neighbours; codes are chosen by the one of least squares.
 */
export const fitAutoencoderQuantizer: QuantizerFitter = async (documents, options) => {
  const { bits, seed } = options;
  const sample = sampleRows(documents, sampleSize, seed);
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
  const signs = unpackSigns(codes);
  const taught = sampleIndices(
    sample.rows,
    Math.min(roundSampleSize, sample.rows),
    seededRandom(seed),
  );
  const taughtVectors = selectRows(sample, taught);
  const neighbours = await nearestNeighbours(taughtVectors, neighbourCount, options);
  const decoder = decoderWeights(restorer);
  const askers = [{ vectors: taughtVectors, neighbours }];
  if (options.queries) askers.push(await queryAskers(options.queries, taughtVectors, options));
  await descendDecoder(decoder, selectRows(signs, taught), taughtVectors, askers, options);
  const scoring = await solve(withNormRange(decoderMap(decoder), codes));
  return new AutoencoderQuantizer(encoder, restorer, scoring);
};
