import type { VectorFormatName } from '../kernels/vector-layout.ts';

/** How a vector is laid out in the bytes that kernels score. */
export interface VectorCodec {
  readonly format: VectorFormatName;
  readonly dimensions: number;
  /** A multiple of 4. */
  readonly bytesPerVector: number;
  /** @param bytes `bytesPerVector` of them, at a multiple of 4 */
  encode(vector: Float32Array, bytes: Uint8Array): void;
  decode(bytes: Uint8Array, vector: Float32Array): void;
}
