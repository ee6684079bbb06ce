import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { leftOf } from '../../vectors/matrix.ts';
import { localFields } from '../learned/choose-codes.ts';
import { codewordSearch } from './codeword-search.ts';
import type { TwoParts } from './refit-parts.ts';

/** What the first bits of vectors are chosen by: as of an autoencoder. */
export interface FirstPart {
  /** From vectors to the real values behind the bits, which a choice starts from. */
  readonly encoder: AffineMap;
  /** From bits of -1 and 1 to vectors, with nothing behind the bits. */
  readonly reconstruction: AffineMap;
}

/**
 * Chooses both parts of the codes of unit vectors.
 *
 * @returns fields of the first bits, whose signs they are, and a byte per codebook, row after row
 */
export type TwoPartChooser = (vectors: Matrix) => {
  readonly fields: Matrix;
  readonly words: Uint8Array;
};

/** First the bits that restore a vector best by themselves, then words for what they leave. */
export function twoPartChooser(
  { encoder, reconstruction }: FirstPart,
  { map, codebooks }: TwoParts,
  beam: number,
): TwoPartChooser {
  const chooseBits = localFields(encoder, reconstruction);
  const search = codewordSearch(codebooks, beam);
  return (vectors) => {
    const fields = chooseBits(vectors);
    return { fields, words: search(leftBy(map, fields, vectors)) };
  };
}

/** What the signs of fields leave of vectors. */
function leftBy(map: AffineMap, fields: Matrix, vectors: Matrix): Matrix {
  const signs = { ...fields, data: fields.data.map((value) => (value > 0 ? 1 : -1)) };
  return leftOf(vectors, applyAffineMap(map, signs));
}
