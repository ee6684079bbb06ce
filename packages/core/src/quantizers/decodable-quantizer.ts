import type { Codes } from '../codes/codes.ts';
import { encodeFile } from '../format/file.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import type { LinearDecoder } from './linear-decoder.ts';
import type { Quantizer, Side } from './quantizer.ts';

/** Any quantizer, with a decoder of its codes. */
export class DecodableQuantizer implements Quantizer {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly decoder: LinearDecoder;
  readonly #inner: Quantizer;

  constructor(inner: Quantizer, decoder: LinearDecoder) {
    this.kind = inner.kind;
    this.inputDimensions = inner.inputDimensions;
    this.bits = inner.bits;
    this.decoder = decoder;
    this.#inner = inner;
  }

  encode(vectors: Vectors, side: Side): Codes {
    return this.#inner.encode(vectors, side);
  }

  project(vectors: Vectors, side: Side): Matrix {
    return this.#inner.project(vectors, side);
  }

  save(): Uint8Array {
    const { kind, inputDimensions, bits } = this;
    const inner = this.#inner.save();
    return encodeFile({
      kind: 'quantizer',
      fields: { form: 'decodable', kind, inputDimensions, bits },
      // Floats before bytes, so that they lie at multiples of four.
      tensors: { ...this.decoder.tensors(), inner: { shape: [inner.length], data: inner } },
    });
  }
}
