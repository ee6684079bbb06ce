import { bytesOfVector } from '../kernels/vector-layout.ts';
import { float16Values, toFloat16 } from '../vectors/float16.ts';
import type { VectorCodec } from './vector-codec.ts';

/** Half the bytes of float32, for three significant digits: enough that no ranking changes but of ties. */
export function float16Codec(dimensions: number): VectorCodec {
  const values = float16Values();
  return {
    format: 'float16',
    dimensions,
    bytesPerVector: bytesOfVector('float16', dimensions),
    encode(vector, bytes) {
      const halves = view(bytes);
      for (let j = 0; j < dimensions; j++) halves[j] = toFloat16(vector[j]);
    },
    decode(bytes, vector) {
      const halves = view(bytes);
      for (let j = 0; j < dimensions; j++) vector[j] = values[halves[j]];
    },
  };
}

function view(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
