import { unpackSigns } from '../../codes/unpack-signs.ts';
import { inTurns } from '../../progress/steps.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { nearestNeighbours } from '../../training/exact-neighbours.ts';
import { queryAskers } from '../../training/query-askers.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { withNormRange } from '../fit-linear-decoder.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { AutoencoderQuantizer } from './autoencoder-quantizer.ts';
import { fitChosenCodes } from './fit-chosen-codes.ts';

/** Documents to learn from, at most: for the decoder of least squares, and for the one that scores. */
const sampleSize = 20_000;
const taughtSize = 5000;
/** Of each document, to learn their order from. */
const neighbourCount = 32;

/**
 * Fits encoder and decoder in turns. At last the decoder that scores is moved to where its scores keep the order
 * of neighbours; codes are chosen by the one of least squares.
 */
export const fitAutoencoderQuantizer: QuantizerFitter = async (documents, options) => {
  const { seed } = options;
  const sample = sampleRows(documents, sampleSize, seed);
  const { encoder, restorer, codes } = await fitChosenCodes(sample, options);
  const signs = unpackSigns(codes);
  const taught = sampleIndices(sample.rows, Math.min(taughtSize, sample.rows), seededRandom(seed));
  const taughtVectors = selectRows(sample, taught);
  const neighbours = await nearestNeighbours(taughtVectors, neighbourCount, options);
  const decoder = decoderWeights(restorer);
  const askers = [{ vectors: taughtVectors, neighbours }];
  if (options.queries) askers.push(await queryAskers(options.queries, taughtVectors, options));
  await descendDecoder(decoder, selectRows(signs, taught), taughtVectors, askers, options);
  const scoring = await inTurns(withNormRange(decoderMap(decoder), codes), options);
  return new AutoencoderQuantizer(encoder, restorer, scoring);
};
