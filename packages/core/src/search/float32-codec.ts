import { dotProduct } from '../kernels/dot-product.ts';
import type { VectorCodec } from './vector-codec.ts';

/** The values as they are. */
export function float32Codec(dimensions: number): VectorCodec {
  return {
    name: 'float32',
    dimensions,
    bytesPerVector: dimensions * Float32Array.BYTES_PER_ELEMENT,
    encode: (vector, bytes) => view(bytes).set(vector),
    decode: (bytes, vector) => vector.set(view(bytes)),
    scorer: (query) => (bytes) => dotProduct(view(bytes), 0, query),
  };
}

function view(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
