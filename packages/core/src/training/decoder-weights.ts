import type { AffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';

/** A linear decoder while it is trained: x is about b G + c. */
export interface DecoderWeights {
  /** G: one row per bit, as many columns as vectors have dimensions. */
  readonly bitVectors: Matrix;
  /** c. */
  readonly bias: Float32Array;
}

/** A copy of a decoder, to be trained. */
export function decoderWeights({ weights, bias }: AffineMap): DecoderWeights {
  return { bitVectors: transpose(weights as Matrix), bias: bias.slice() };
}

export function decoderMap({ bitVectors, bias }: DecoderWeights): AffineMap {
  return { weights: transpose(bitVectors), bias: bias.slice(), inputDimensions: bitVectors.rows };
}
