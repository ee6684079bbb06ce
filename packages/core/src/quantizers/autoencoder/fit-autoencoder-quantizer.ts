import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { nearestNeighbours } from '../../training/nearest-neighbours.ts';
import { queryAskers } from '../../training/query-askers.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitRidgeRegression, ridgeRegressionOn } from '../../transforms/ridge-regression.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { withNormRange } from '../with-norm-range.ts';
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
  let codes = packSigns(applyAffineMap(encoder, roundSample));
  const predictBits = ridgeRegressionOn(roundSample);
  for (let round = 0; round < rounds; round++) {
    await checkpoint(options, { stage: 'encode', done: round, total: rounds });
    const decoder = fitRidgeRegression(unpackSigns(codes), roundSample);
    codes = packSigns(localFields(roundSample, encoder, decoder));
    encoder = predictBits(unpackSigns(codes));
  }
  let restorer = fitRidgeRegression(unpackSigns(codes), roundSample);
  codes = packSigns(localFields(sample, encoder, restorer));
  restorer = fitRidgeRegression(unpackSigns(codes), sample);
  codes = packSigns(localFields(sample, encoder, restorer));
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
  return new AutoencoderQuantizer(encoder, restorer, withNormRange(decoderMap(decoder), codes));
};

function sampleRows(vectors: Matrix, count: number, seed: number): Matrix {
  if (vectors.rows <= count) return vectors;
  return selectRows(vectors, sampleIndices(vectors.rows, count, seededRandom(seed)));
}
