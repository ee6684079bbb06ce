import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { VectorFormatName } from '../kernels/vector-layout.ts';
import { float16Codec } from './float16-codec.ts';
import { float32Codec } from './float32-codec.ts';
import { int8Codec } from './int8-codec.ts';
import type { VectorCodec } from './vector-codec.ts';

const codecs: Readonly<Record<VectorFormatName, (dimensions: number) => VectorCodec>> = {
  float32: float32Codec,
  float16: float16Codec,
  int8: int8Codec,
};

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function vectorCodec(format: VectorFormatName, dimensions: number): VectorCodec {
  if (Object.hasOwn(codecs, format)) return codecs[format](dimensions);
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `got ${JSON.stringify(format)}, expected one of ${Object.keys(codecs).join(', ')} as the format of vectors.`,
    remedy: 'Name one of these.',
  });
}
