import type { DecoderWeights } from './decoder-weights.ts';
import { zeroDecoder } from './decoder-weights.ts';
import type { EncoderWeights } from './encoder-weights.ts';
import { encoderArrays, zeroEncoder } from './encoder-weights.ts';

/** Everything that training a head moves. */
export interface CodeModel {
  readonly encoder: EncoderWeights;
  /** One per prefix where codes are decoded, otherwise none. */
  readonly decoders: readonly DecoderWeights[];
  /** The logarithms of what scores are multiplied with, one per prefix and way of scoring. */
  readonly logScales: Float32Array;
}

/** Zeros in the shape of a model. */
export function zeroModel({ encoder, decoders, logScales }: CodeModel): CodeModel {
  return {
    encoder: zeroEncoder(encoder),
    decoders: decoders.map(zeroDecoder),
    logScales: new Float32Array(logScales.length),
  };
}

/** The arrays of a model: those of its encoder with the scales, and those of its decoders. */
export function modelArrays({ encoder, decoders, logScales }: CodeModel): {
  readonly encoder: Float32Array[];
  readonly decoders: Float32Array[];
} {
  return {
    encoder: [...encoderArrays(encoder), logScales],
    decoders: decoders.flatMap(({ bitVectors, bias }) => [bitVectors.data, bias]),
  };
}
