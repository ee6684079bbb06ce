/** How a vector is laid out in bytes, and how a query is scored against those. */
export interface VectorCodec {
  readonly name: 'float32' | 'float16' | 'int8';
  readonly dimensions: number;
  readonly bytesPerVector: number;
  /** @param bytes `bytesPerVector` of them, at a multiple of 4 */
  encode(vector: Float32Array, bytes: Uint8Array): void;
  decode(bytes: Uint8Array, vector: Float32Array): void;
  /** The dot product of a query and a vector that is given by its bytes. */
  scorer(query: Float32Array): (bytes: Uint8Array) => number;
}
