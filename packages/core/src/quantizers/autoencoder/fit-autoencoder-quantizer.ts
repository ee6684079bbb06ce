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
import {
  leadingSubspace,
  mapFromSubspace,
  mapOfSubspace,
  toSubspace,
} from '../../transforms/leading-subspace.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import { mapFromStandard, mapOfStandard, standardize } from '../../transforms/standardize.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { withNormRange } from '../fit-linear-decoder.ts';
import { LinearDecoder } from '../linear-decoder.ts';
import type { FitterOptions, QuantizerFitter } from '../quantizer-fitter.ts';
import { AutoencoderQuantizer } from './autoencoder-quantizer.ts';
import { localFields } from './local-fields.ts';

/** More find no more neighbours on vectors that this was not chosen on. */
const rounds = 8;
/** Documents to learn from, at most: in the rounds, which need few, and for the decoder at last. */
const roundSampleSize = 3000;
const sampleSize = 20_000;
/** And for the rotation that the rounds begin with. */
const rotationSampleSize = 4000;
/** Of each document, to learn their order from. */
const neighbourCount = 32;
/** Dimensions of the space that codes are learned in, at most, or so many for each bit. */
const mostDimensions = 384;
const dimensionsPerBit = 1.5;

/**
 * Starts from principal components and ITQ, and then, in turns, fits the decoder to the codes, chooses the
 * codes for the decoder, and fits the encoder to the codes. At last the decoder that scores is moved to
 * where its scores keep the order of neighbours; codes are chosen by the one of least squares. Of long vectors, all
 * that happens in the space of their leading components, beyond which codes say next to nothing.
 */
export const fitAutoencoderQuantizer: QuantizerFitter = async (documents, options) => {
  const { bits, seed } = options;
  const sample = sampleRows(documents, sampleSize, seed);
  const dimensions = Math.max(mostDimensions, Math.ceil(dimensionsPerBit * bits)) + 1;
  if (documents.columns <= dimensions) return quantizerOf(await fitMaps(sample, options));
  const basis = await inTurns(leadingSubspace(sample, dimensions, seed), options);
  const within = (vectors: Matrix) => inTurns(toSubspace(vectors, basis), options);
  const queries = options.queries && (await within(options.queries));
  const maps = await fitMaps(await within(sample), { ...options, queries });
  return quantizerOf({
    encoder: mapOfSubspace(maps.encoder, basis),
    restorer: mapFromSubspace(maps.restorer, basis),
    decoder: new LinearDecoder(mapFromSubspace(maps.decoder.map, basis), maps.decoder.normRange),
  });
};

interface Maps {
  readonly encoder: AffineMap;
  readonly restorer: AffineMap;
  readonly decoder: LinearDecoder;
}

function quantizerOf({ encoder, restorer, decoder }: Maps): AutoencoderQuantizer {
  return new AutoencoderQuantizer(encoder, restorer, decoder);
}

/** In turns, of vectors whose mean is far off as well: codes are learned from what tells them apart. */
async function fitMaps(vectors: Matrix, options: FitterOptions): Promise<Maps> {
  const { bits, seed } = options;
  const solve = <Result>(steps: Steps<Result>): Promise<Result> => inTurns(steps, options);
  const { mean, spread, standardized: sample } = await solve(standardize(vectors));
  const roundSample = sampleRows(sample, roundSampleSize, seed);
  let encoder: AffineMap = await fitItq(sample, {
    ...options,
    outputDimensions: bits,
    sampleSize: rotationSampleSize,
  });
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
  const taught = sampleIndices(
    sample.rows,
    Math.min(roundSampleSize, sample.rows),
    seededRandom(seed),
  );
  const taughtSample = selectRows(sample, taught);
  codes = await solve(packSignsInSteps(taughtSample, bits, localFields(encoder, restorer)));
  const taughtVectors = selectRows(vectors, taught);
  const neighbours = await nearestNeighbours(taughtVectors, neighbourCount, options);
  const whole = mapFromStandard(restorer, { mean, spread });
  const decoder = decoderWeights(whole);
  const askers = [{ vectors: taughtVectors, neighbours }];
  if (options.queries) askers.push(await queryAskers(options.queries, taughtVectors, options));
  await descendDecoder(decoder, unpackSigns(codes), taughtVectors, askers, {
    ...options,
    spread,
  });
  return {
    encoder: mapOfStandard(encoder, { mean, spread }),
    restorer: whole,
    decoder: await solve(withNormRange(decoderMap(decoder), codes)),
  };
}
