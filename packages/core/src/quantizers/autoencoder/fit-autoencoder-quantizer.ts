import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitRidgeRegression } from '../../transforms/ridge-regression.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { fitLinearDecoder } from '../fit-linear-decoder.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { AutoencoderQuantizer } from './autoencoder-quantizer.ts';
import { localFields } from './local-fields.ts';

/** More find no more neighbours. */
const rounds = 3;
/** Of ITQ: a start, which the rounds improve on. */
const iterations = 10;
/** Documents to learn from, at most. */
const sampleSize = 20_000;

/**
 * Starts from principal components and ITQ, and then, in turns, fits the decoder to the codes, chooses the
 * codes for the decoder, and fits the encoder to the codes.
 */
export const fitAutoencoderQuantizer: QuantizerFitter = async (documents, options) => {
  const { bits, seed } = options;
  const sample =
    documents.rows > sampleSize
      ? selectRows(documents, sampleIndices(documents.rows, sampleSize, seededRandom(seed)))
      : documents;
  let encoder: AffineMap = await fitItq(sample, { ...options, iterations, outputDimensions: bits });
  let codes = packSigns(applyAffineMap(encoder, sample));
  for (let round = 0; round < rounds; round++) {
    await checkpoint(options, { stage: 'decode', done: round, total: rounds });
    const decoder = fitRidgeRegression(unpackSigns(codes), sample);
    codes = packSigns(localFields(sample, encoder, decoder));
    encoder = fitRidgeRegression(sample, unpackSigns(codes));
  }
  return new AutoencoderQuantizer(encoder, fitLinearDecoder(codes, sample));
};
