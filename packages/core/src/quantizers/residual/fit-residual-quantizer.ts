import { unpackSigns } from '../../codes/unpack-signs.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { inTurns } from '../../progress/steps.ts';
import { applyInSteps } from '../../transforms/affine-map.ts';
import { rowRange } from '../../vectors/matrix.ts';
import { fitChosenCodes } from '../autoencoder/fit-chosen-codes.ts';
import { widenedRange } from '../norm-bytes.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { fitCodewords } from './fit-codewords.ts';
import { ResidualDecoder } from './residual-decoder.ts';
import { ResidualQuantizer } from './residual-quantizer.ts';

/** Choices of words that are kept from byte to byte. */
const beam = 8;
const blockRows = 256;

/**
 * First bits that a linear decoder restores vectors from, chosen as those of an autoencoder, and books of words for
 * what they leave.
 */
export const fitResidualQuantizer: QuantizerFitter = async (documents, options) => {
  const { bits, seed } = options;
  const firstBits = checkedFirstBits(bits, options.firstBits);
  const first = await fitChosenCodes(documents, { ...options, bits: firstBits });
  const { encoder, restorer } = first;
  const left = await inTurns(applyInSteps(restorer, unpackSigns(first.codes)), options);
  for (let p = 0; p < left.data.length; p++) left.data[p] = documents.data[p] - left.data[p];
  const codebooks = await inTurns(fitCodewords(left, (bits - firstBits) / 8, seed), options);
  const decoder = new ResidualDecoder(restorer, codebooks, [0, 1]);
  const quantizer = new ResidualQuantizer({ encoder, decoder, beam });
  return new ResidualQuantizer({
    encoder,
    decoder: await inTurns(withNormRange(), options),
    beam,
  });

  function* withNormRange() {
    let range: readonly [number, number] = [Infinity, 0];
    for (let start = 0; start < documents.rows; start += blockRows) {
      const block = rowRange(documents, start, Math.min(documents.rows, start + blockRows));
      range = widenedRange(range, decoder.norms(quantizer.encode(block, 'document')));
      yield;
    }
    return new ResidualDecoder(restorer, codebooks, range);
  }
};

/**
 * @throws BitryoshkaError `invalid-option` for what is no two parts of whole bytes
 */
function checkedFirstBits(bits: number, given: number | undefined): number {
  if (!Number.isSafeInteger(bits) || bits < 16 || bits % 8 !== 0) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `bits: got ${bits}, expected a multiple of 8 from 16 up for codes in two parts.`,
      remedy: 'Ask for whole bytes, or for another kind.',
    });
  }
  const firstBits = given ?? 8 * Math.ceil(bits / 16);
  if (
    Number.isSafeInteger(firstBits) &&
    firstBits % 8 === 0 &&
    firstBits >= 8 &&
    firstBits < bits
  ) {
    return firstBits;
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `firstBits: got ${String(firstBits)}, expected a multiple of 8 from 8 to ${bits - 8}.`,
    remedy: 'Correct firstBits, or leave it out.',
  });
}
