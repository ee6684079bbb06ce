import { unpackSigns } from '../../codes/unpack-signs.ts';
import { inTurns } from '../../progress/steps.ts';
import { decoderMap, decoderWeights } from '../../training/decoder-weights.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { nearestNeighbours } from '../../training/exact-neighbours.ts';
import { queryAskers } from '../../training/query-askers.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import {
  leadingSubspace,
  mapFromSubspace,
  mapOfSubspace,
  toSubspace,
} from '../../transforms/leading-subspace.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { withNormRange } from '../fit-linear-decoder.ts';
import type { FitterOptions, QuantizerFitter } from '../fitter.ts';
import { LinearDecoder } from '../linear-decoder.ts';
import { AutoencoderQuantizer } from './autoencoder-quantizer.ts';
import { chooseCodes, fitChosenCodes } from './fit-chosen-codes.ts';

/** Documents to learn from, at most: for the decoder of least squares, and for the one that scores. */
const sampleSize = 20_000;
const taughtSize = 3000;
/** Of each document, to learn their order from. */
const neighbourCount = 32;
/** Dimensions of the space that codes are learned in, at most, or so many for each bit. */
const mostDimensions = 384;
const dimensionsPerBit = 1.5;

/**
 * Fits encoder and decoder in turns. At last the decoder that scores is moved to where its scores keep the order
 * of neighbours; codes are chosen by the one of least squares. Of long vectors, all that happens in the space of their
 * leading components, beyond which codes say next to nothing.
 */
export const fitAutoencoderQuantizer: QuantizerFitter = async (documents, options) => {
  const { bits, seed } = options;
  // Before the bits size a space.
  checkOutputDimensions(documents.columns, bits);
  const sample = sampleRows(documents, sampleSize, seed);
  const dimensions = Math.max(mostDimensions, Math.ceil(dimensionsPerBit * bits)) + 1;
  if (documents.columns <= dimensions) {
    const { encoder, restorer, decoder } = await fitMaps(sample, options);
    return new AutoencoderQuantizer(encoder, restorer, decoder);
  }
  const basis = await inTurns(leadingSubspace(sample, dimensions, seed), options);
  const within = (vectors: Matrix) => inTurns(toSubspace(vectors, basis), options);
  const queries = options.queries && (await within(options.queries));
  const maps = await fitMaps(await within(sample), { ...options, queries });
  const { map, normRange } = maps.decoder;
  return new AutoencoderQuantizer(
    mapOfSubspace(maps.encoder, basis),
    mapFromSubspace(maps.restorer, basis),
    new LinearDecoder(mapFromSubspace(map, basis), normRange),
  );
};

async function fitMaps(
  vectors: Matrix,
  options: FitterOptions,
): Promise<{
  readonly encoder: AffineMap;
  readonly restorer: AffineMap;
  readonly decoder: LinearDecoder;
}> {
  const { encoder, restorer, spread } = await fitChosenCodes(vectors, options);
  const taught = sampleRows(vectors, taughtSize, options.seed);
  const codes = await inTurns(chooseCodes(taught, { encoder, restorer }), options);
  const neighbours = await nearestNeighbours(taught, neighbourCount, options);
  const decoder = decoderWeights(restorer);
  const askers = [{ vectors: taught, neighbours }];
  if (options.queries) askers.push(await queryAskers(options.queries, taught, options));
  await descendDecoder(decoder, unpackSigns(codes), taught, askers, { ...options, spread });
  const scoring = await inTurns(withNormRange(decoderMap(decoder), codes), options);
  return { encoder, restorer, decoder: scoring };
}
