import { bytesOfVector } from '../kernels/vector-layout.ts';
import type { VectorCodec } from './vector-codec.ts';

const largest = 127;

/**
 * A quarter of the bytes of float32: whole numbers from -127 to 127 and, in front of them, the float32
 * that they are multiplied with, so that the largest value of each vector keeps its size.
 */
export function int8Codec(dimensions: number): VectorCodec {
  return {
    format: 'int8',
    dimensions,
    bytesPerVector: bytesOfVector('int8', dimensions),
    encode(vector, bytes) {
      let peak = 0;
      for (let j = 0; j < dimensions; j++) peak = Math.max(peak, Math.abs(vector[j]));
      const scale = Math.fround(peak / largest);
      scaleOf(bytes)[0] = scale;
      const values = valuesOf(bytes);
      for (let j = 0; j < dimensions; j++)
        values[j] = scale > 0 ? Math.round(vector[j] / scale) : 0;
    },
    decode(bytes, vector) {
      const scale = scaleOf(bytes)[0];
      const values = valuesOf(bytes);
      for (let j = 0; j < dimensions; j++) vector[j] = values[j] * scale;
    },
  };
}

function scaleOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, 1);
}

function valuesOf(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset + 4, bytes.length - 4);
}
