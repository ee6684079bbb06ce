import { float16Values, toFloat16 } from './float16.ts';
import type { VectorCodec } from './vector-codec.ts';

/** Half the bytes of float32, for three significant digits: enough that no ranking changes but of ties. */
export function float16Codec(dimensions: number): VectorCodec {
  const values = float16Values();
  return {
    name: 'float16',
    dimensions,
    bytesPerVector: Math.ceil(dimensions / 2) * 4,
    encode(vector, bytes) {
      const halves = view(bytes);
      for (let j = 0; j < dimensions; j++) halves[j] = toFloat16(vector[j]);
    },
    decode(bytes, vector) {
      const halves = view(bytes);
      for (let j = 0; j < dimensions; j++) vector[j] = values[halves[j]];
    },
    scorer(query) {
      return (bytes) => {
        const halves = view(bytes);
        let even = 0;
        let odd = 0;
        let j = 0;
        for (; j + 1 < dimensions; j += 2) {
          even += values[halves[j]] * query[j];
          odd += values[halves[j + 1]] * query[j + 1];
        }
        if (j < dimensions) even += values[halves[j]] * query[j];
        return even + odd;
      };
    },
  };
}

function view(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
