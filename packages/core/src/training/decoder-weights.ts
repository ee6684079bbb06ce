import type { AffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose, zeros } from '../vectors/matrix.ts';

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

/** Zeros in the shape of a decoder. */
export function zeroDecoder({ bitVectors, bias }: DecoderWeights): DecoderWeights {
  return {
    bitVectors: zeros(bitVectors.rows, bitVectors.columns),
    bias: new Float32Array(bias.length),
  };
}

export function decoderMap({ bitVectors, bias }: DecoderWeights): AffineMap {
  return { weights: transpose(bitVectors), bias: bias.slice(), inputDimensions: bitVectors.rows };
}
