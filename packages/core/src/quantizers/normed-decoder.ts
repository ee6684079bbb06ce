import type { Codes } from '../codes/codes.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Decoder } from './decoder.ts';
import type { NormRange } from './norm-bytes.ts';
import { decodedNorms, inverseNormsOf, normBytes } from './norm-bytes.ts';

/** What decoders have in common: the lengths of what codes are decoded to, and a byte for each. */
export abstract class NormedDecoder implements Decoder {
  readonly normRange: NormRange;
  #inverseNorms: Float32Array | undefined;

  constructor(normRange: NormRange) {
    this.normRange = normRange;
  }

  abstract decode(codes: Codes): Matrix;

  abstract query(vector: Float32Array): ReturnType<Decoder['query']>;

  norms(codes: Codes): Float32Array {
    return decodedNorms(codes, (block) => this.decode(block));
  }

  encodeNorms(codes: Codes): Uint8Array {
    return normBytes(this.norms(codes), this.normRange);
  }

  inverseNorms(): Float32Array {
    this.#inverseNorms ??= inverseNormsOf(this.normRange);
    return this.#inverseNorms;
  }
}
