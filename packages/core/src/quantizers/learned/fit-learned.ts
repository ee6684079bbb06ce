import { unpackSigns } from '../../codes/unpack-signs.ts';
import { inTurns } from '../../progress/steps.ts';
import { decoderMap, decoderWeights } from '../../training/code-model.ts';
import { descendDecoder } from '../../training/descend-decoder.ts';
import { nearestNeighbours } from '../../training/exact-neighbours.ts';
import { queryAskers } from '../../training/similarity-batches.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import {
  leadingSubspace,
  mapFromSubspace,
  mapOfSubspace,
  subspaceDimensions,
  toSubspace,
} from '../../transforms/leading-subspace.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import type { FamilyFitter, FitterOptions } from '../fitter.ts';
import { invalidOption } from '../fitter.ts';
import { LinearDecoder, withNormRange } from '../linear-decoder.ts';
import { chooseCodes, fitChosenCodes } from './fit-chosen-codes.ts';
import { LearnedQuantizer } from './learned-quantizer.ts';
import { trainCodes } from './train-codes.ts';
import type { CodeTrainingOptions } from './training-options.ts';

export interface LearnedOptions {
  /**
   * Train encoder and decoder together, by gradients: `true`, or what they are to look like and to learn. That finds
   * more by Hamming distance and among very many documents, in more time. Default: false.
   */
  readonly train?: boolean | CodeTrainingOptions | undefined;
}

/** Documents to learn from, at most: for the decoder of least squares, and for the one that scores. */
const sampleSize = 20_000;
const taughtSize = 3000;
/** Of each document, to learn their order from. */
const neighbourCount = 32;

/** Codes made to be decoded. */
export const fitLearned: FamilyFitter<LearnedOptions> = async (documents, options, own) => {
  const { train = false } = own;
  if (train === false) return fitInTurns(documents, options);
  if (train !== true && (typeof train !== 'object' || train === null)) {
    throw invalidOption('learned.train', train, 'true, false or an object of options');
  }
  const training = train === true ? {} : train;
  return (await trainCodes(documents, { ...options, ...training })).quantizer;
};

/**
 * Fits encoder and decoder in turns. At last the decoder that scores is moved to where its scores keep the order
 * of neighbours; codes are chosen by the one of least squares. Of long vectors, all that happens in the space of their
 * leading components, beyond which codes say next to nothing.
 */
async function fitInTurns(documents: Matrix, options: FitterOptions): Promise<LearnedQuantizer> {
  const { bits, seed } = options;
  // Before the bits size a space.
  checkOutputDimensions(documents.columns, bits);
  const sample = sampleRows(documents, sampleSize, seed);
  const dimensions = subspaceDimensions(bits);
  if (documents.columns <= dimensions) {
    const maps = await fitMaps(sample, options);
    options.onItq?.(maps.itq);
    return quantizerOf(maps);
  }
  const basis = await inTurns(leadingSubspace(sample, dimensions, seed), options);
  const within = (vectors: Matrix) => inTurns(toSubspace(vectors, basis), options);
  const queries = options.queries && (await within(options.queries));
  const maps = await fitMaps(await within(sample), { ...options, queries });
  options.onItq?.(mapOfSubspace(maps.itq, basis));
  const { map, normRange } = maps.decoder;
  return quantizerOf({
    encoder: mapOfSubspace(maps.encoder, basis),
    reconstruction: mapFromSubspace(maps.reconstruction, basis),
    decoder: new LinearDecoder(mapFromSubspace(map, basis), normRange),
  });
}

interface FittedMaps {
  readonly itq: AffineMap;
  readonly encoder: AffineMap;
  readonly reconstruction: AffineMap;
  readonly decoder: LinearDecoder;
}

function quantizerOf({
  encoder,
  reconstruction,
  decoder,
}: Omit<FittedMaps, 'itq'>): LearnedQuantizer {
  return new LearnedQuantizer({
    kind: 'autoencoder',
    encoder: { map: encoder },
    prefixes: [{ bits: encoder.bias.length, reconstruction, decoder }],
  });
}

async function fitMaps(vectors: Matrix, options: FitterOptions): Promise<FittedMaps> {
  const { itq, encoder, reconstruction, spread } = await fitChosenCodes(vectors, options);
  const taught = sampleRows(vectors, taughtSize, options.seed);
  const codes = await inTurns(chooseCodes(taught, { encoder, reconstruction }), options);
  const neighbours = await nearestNeighbours(taught, neighbourCount, options);
  const decoder = decoderWeights(reconstruction);
  const askers = [{ vectors: taught, neighbours }];
  if (options.queries) askers.push(await queryAskers(options.queries, taught, options));
  await descendDecoder(decoder, unpackSigns(codes), taught, askers, { ...options, spread });
  const scoring = await inTurns(withNormRange(decoderMap(decoder), codes), options);
  return { itq, encoder, reconstruction, decoder: scoring };
}
