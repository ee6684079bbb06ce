import { paddedTo } from '../padded-to.ts';

/** How precisely the values of a vector are kept. */
export type VectorFormatName = 'float32' | 'float16' | 'int8' | 'int4' | 'int2';

/** How many values of a format share a byte. */
export const valuesPerByte = { int4: 2, int2: 4 } as const;

/** Bytes of a vector in memory: padded, so that kernels read whole lanes, to a multiple of 4. */
export function bytesOfVector(format: VectorFormatName, dimensions: number): number {
  if (format === 'float32') return dimensions * Float32Array.BYTES_PER_ELEMENT;
  if (format === 'float16') return paddedTo(4, dimensions) * Uint16Array.BYTES_PER_ELEMENT;
  // The float32 in front is what the whole numbers are multiplied with.
  if (format === 'int8') return Float32Array.BYTES_PER_ELEMENT + paddedTo(8, dimensions);
  return Float32Array.BYTES_PER_ELEMENT + paddedTo(4, dimensions / valuesPerByte[format]);
}
