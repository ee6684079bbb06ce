import type { Codes } from '../codes/codes.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { isUint8Array } from '../vectors/typed-arrays.ts';
import { BaseQuantizer } from './base-quantizer.ts';
import type { LinearDecoder } from './linear-decoder.ts';
import { loadLinearDecoder } from './linear-decoder.ts';
import type { Quantizer, Side } from './quantizer.ts';
import type { QuantizerContent, QuantizerFile } from './quantizer-file.ts';
import { invalidQuantizerFile } from './quantizer-file.ts';

/** Any quantizer, with a decoder of its codes. */
export class DecodableQuantizer extends BaseQuantizer {
  readonly decoder: LinearDecoder;
  readonly #inner: Quantizer;

  constructor(inner: Quantizer, decoder: LinearDecoder) {
    super(inner);
    this.decoder = decoder;
    this.#inner = inner;
  }

  override encode(vectors: Vectors, side: Side): Codes {
    return this.#inner.encode(vectors, side);
  }

  override project(vectors: Vectors, side: Side): Matrix {
    return this.#inner.project(vectors, side);
  }

  protected override projectUnit(unit: Matrix, side: Side): Matrix {
    return this.#inner.project(unit, side);
  }

  protected override content(): QuantizerContent {
    const inner = this.#inner.save();
    return {
      form: 'decodable',
      // Floats before bytes, so that they lie at multiples of four.
      tensors: { ...this.decoder.tensors(), inner: { shape: [inner.length], data: inner } },
    };
  }
}

/**
 * @param load of the quantizer within
 * @throws BitryoshkaError `invalid-file`
 */
export function loadDecodable(
  file: QuantizerFile,
  load: (file: Uint8Array, isTrusted: boolean) => Quantizer,
): Quantizer {
  const inner = file.tensors.inner?.data;
  if (!isUint8Array(inner)) throw invalidQuantizerFile('got no inner quantizer');
  return new DecodableQuantizer(load(inner, file.isTrusted), loadLinearDecoder(file));
}
