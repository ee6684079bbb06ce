import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { VectorFormatName } from '../../kernels/scan/vector-layout.ts';
import { bytesOfVector } from '../../kernels/scan/vector-layout.ts';
import { float16Values, toFloat16 } from '../../vectors/float16.ts';
import { levelCodec } from './level-codec.ts';

/** How a vector is laid out in the bytes that kernels score. */
export interface VectorCodec {
  readonly format: VectorFormatName;
  readonly dimensions: number;
  /** A multiple of 4. */
  readonly bytesPerVector: number;
  /** @param bytes `bytesPerVector` of them, at a multiple of 4 */
  encode(vector: Float32Array, bytes: Uint8Array): void;
  decode(bytes: Uint8Array, vector: Float32Array): void;
  /**
   * Turns a query as vectors are turned before they are rounded; what it returns is valid until the next call. Where
   * it is there, scores are estimates: that of a copy of the query is 1, and not the product with what is decoded.
   */
  readonly turn?: (query: Float32Array) => Float32Array;
}

/** As `vectorCodec` makes them; the rest follows from the format. */
type CodecMethods = Pick<VectorCodec, 'encode' | 'decode' | 'turn'>;

const codecs: Readonly<Record<VectorFormatName, (dimensions: number) => CodecMethods>> = {
  float32: () => ({
    encode: (vector, bytes) => floatsOf(bytes).set(vector),
    decode: (bytes, vector) => vector.set(floatsOf(bytes)),
  }),
  // Half the bytes, for three significant digits: enough that no ranking changes but of ties.
  float16: () => {
    const values = float16Values();
    return {
      encode(vector, bytes) {
        const halves = halvesOf(bytes);
        for (let j = 0; j < vector.length; j++) halves[j] = toFloat16(vector[j]);
      },
      decode(bytes, vector) {
        const halves = halvesOf(bytes);
        for (let j = 0; j < vector.length; j++) vector[j] = values[halves[j]];
      },
    };
  },
  // A quarter of the bytes: whole numbers from -127 to 127 and, in front of them, the float32 that they are
  // multiplied with, so that the largest value of each vector keeps its size.
  int8: () => ({
    encode(vector, bytes) {
      let peak = 0;
      for (let j = 0; j < vector.length; j++) peak = Math.max(peak, Math.abs(vector[j]));
      const scale = Math.fround(peak / 127);
      floatsOf(bytes)[0] = scale;
      const values = bytesBehindScale(bytes);
      for (let j = 0; j < vector.length; j++) {
        values[j] = scale > 0 ? Math.round(vector[j] / scale) : 0;
      }
    },
    decode(bytes, vector) {
      const scale = floatsOf(bytes)[0];
      const values = bytesBehindScale(bytes);
      for (let j = 0; j < vector.length; j++) vector[j] = values[j] * scale;
    },
  }),
  int4: (dimensions) => levelCodec('int4', dimensions),
  int2: (dimensions) => levelCodec('int2', dimensions),
};

export const vectorFormats = Object.keys(codecs) as readonly VectorFormatName[];

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function vectorCodec(format: VectorFormatName, dimensions: number): VectorCodec {
  if (Object.hasOwn(codecs, format)) {
    const bytesPerVector = bytesOfVector(format, dimensions);
    return { format, dimensions, bytesPerVector, ...codecs[format](dimensions) };
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `storage: got ${JSON.stringify(format)}, expected one of ${vectorFormats.join(', ')} as the format of vectors.`,
    remedy: 'Name one of these.',
  });
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

function halvesOf(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
}

function bytesBehindScale(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset + 4, bytes.length - 4);
}
