import type { Codes } from '../../codes/codes.ts';
import { codeRange, zeroCodes } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { applyAffineMap, applyInSteps } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { leftOf, rowRange } from '../../vectors/matrix.ts';
import type { NormRange } from '../decoder.ts';
import type { FamilyFitter } from '../fitter.ts';
import { chooseCodes, fitChosenCodes } from '../learned/fit-chosen-codes.ts';
import { widenedRange } from '../normed-decoder.ts';
import { codewordSearch, wordCount } from './codeword-search.ts';
import { fitCodewords } from './fit-codewords.ts';
import type { TwoParts } from './refit-parts.ts';
import { refitParts } from './refit-parts.ts';
import { ResidualDecoder } from './residual-decoder.ts';
import { ResidualQuantizer } from './residual-quantizer.ts';
import { writeParts } from './write-parts.ts';

export interface ResidualOptions {
  /**
   * Bits of the first part of a code, a multiple of 8: a scan finds candidates by these alone. Fewer leave more bytes,
   * which restore better; more find more candidates. Default: about a third of `bits`.
   */
  readonly firstBits?: number | undefined;
}

/** Choices of words that are kept from byte to byte. */
const beam = 8;
/** Rounds of choosing words and fitting both parts to them, by books: each takes as long as books times rounds. */
const [fewestRounds, mostRounds] = [2, 6];
const booksTimesRounds = 50;
/** Vectors whose words are searched for in a step. */
const [fewestRows, blockRows] = [8, 128];
/** Of the bits of a code, the first part: with more, bytes restore less; with fewer, a scan finds less for them. */
const firstShare = 5 / 16;

/**
 * First bits that a linear decoder restores vectors from, chosen as those of an autoencoder, and books of words for
 * what they leave; then, in turns, words are chosen and both parts are fitted to them together.
 */
export const fitResidualQuantizer: FamilyFitter<ResidualOptions> = async (
  documents,
  options,
  own,
) => {
  const { bits, seed } = options;
  const firstBits = checkedFirstBits(bits, own.firstBits, documents.columns);
  const solve = <Result>(steps: Steps<Result>): Promise<Result> => inTurns(steps, options);
  const first = await fitChosenCodes(documents, { ...options, bits: firstBits });
  const firstCodes = await solve(chooseCodes(documents, first));
  const signs = unpackSigns(firstCodes);
  const left = leftOf(documents, await solve(applyInSteps(first.reconstruction, signs)));
  const books = (bits - firstBits) / 8;
  const codebooks = await solve(fitCodewords(left, books, seed));
  const rounds = Math.min(mostRounds, Math.max(fewestRounds, Math.round(booksTimesRounds / books)));
  let parts: TwoParts = { map: first.reconstruction, codebooks };
  let words: Uint8Array = new Uint8Array(0);
  for (let round = 0; round < rounds; round++) {
    await checkpoint(options, { stage: 'encode', done: round, total: rounds });
    words = await solve(chooseWords(documents, signs, parts));
    parts = await solve(refitParts(documents, { signs, words }, parts));
  }
  const decoder = await solve(withNormRange(parts, firstCodes, words));
  return new ResidualQuantizer({ first, decoder, beam });
};

/** Words for what bits leave. */
function* chooseWords(
  documents: Matrix,
  signs: Matrix,
  { map, codebooks }: TwoParts,
): Steps<Uint8Array> {
  const search = codewordSearch(codebooks, beam);
  const books = codebooks.rows / wordCount;
  const words = new Uint8Array(documents.rows * books);
  let end = 0;
  // The first vectors take the longest: a search computes what it needs when it first needs it.
  for (let start = 0, some = fewestRows; end < documents.rows; start = end) {
    end = Math.min(documents.rows, start + some);
    some = Math.min(blockRows, Math.ceil(1.5 * some));
    const restored = applyAffineMap(map, rowRange(signs, start, end));
    words.set(search(leftOf(rowRange(documents, start, end), restored)), start * books);
    yield;
  }
  return words;
}

/** A decoder whose range of lengths takes in those of what codes are decoded to. */
function* withNormRange(
  { map, codebooks }: TwoParts,
  firstCodes: Codes,
  words: Uint8Array,
): Steps<ResidualDecoder> {
  const decoder = new ResidualDecoder(map, codebooks, [0, 1]);
  const { firstBits } = decoder;
  const books = codebooks.rows / wordCount;
  let range: NormRange = [Infinity, 0];
  for (let start = 0; start < firstCodes.rows; start += blockRows) {
    const block = codeRange(firstCodes, start, Math.min(firstCodes.rows, start + blockRows));
    const codes = zeroCodes(block.rows, firstBits + 8 * books);
    writeParts(codes, block, words.subarray(start * books), books);
    range = widenedRange(range, decoder.norms(codes));
    yield;
  }
  return new ResidualDecoder(map, codebooks, range);
}

/**
 * @throws BitryoshkaError `invalid-option` for what is no two parts of whole bytes
 */
function checkedFirstBits(bits: number, given: number | undefined, dimensions: number): number {
  if (!Number.isSafeInteger(bits) || bits < 16 || bits % 8 !== 0) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `bits: got ${JSON.stringify(bits)}, expected a multiple of 8 from 16 up for codes in two parts.`,
      remedy: 'Ask for whole bytes, or for another kind.',
    });
  }
  const firstBits = given ?? 8 * Math.max(1, Math.round(firstShare * (bits / 8)));
  if (firstBits > dimensions) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `bits: got ${bits}, of which ${firstBits} first bits, expected at most ${dimensions} of these for vectors of ${dimensions} dimensions.`,
      remedy: 'Ask for fewer bits, or for fewer firstBits.',
    });
  }
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
