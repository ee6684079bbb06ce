import { bytesOfVector } from '../kernels/vector-layout.ts';
import type { VectorCodec } from './vector-codec.ts';

/** The values as they are. */
export function float32Codec(dimensions: number): VectorCodec {
  return {
    format: 'float32',
    dimensions,
    bytesPerVector: bytesOfVector('float32', dimensions),
    encode: (vector, bytes) => view(bytes).set(vector),
    decode: (bytes, vector) => vector.set(view(bytes)),
  };
}

function view(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
