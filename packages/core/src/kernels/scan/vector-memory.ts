/**
 * Vectors in memory that a kernel can score, laid out as `bytesOfVector` says: float32 values; float16
 * values; or int8 values behind the float32 that they are multiplied with.
 */
export interface VectorMemory {
  /** Row after row; it stays valid. */
  readonly bytes: Uint8Array;
  /**
   * The dot products of `query` and the named rows. With float16 values, these must be finite, and the
   * query's below 32,768. With int8 values, the query is rounded to 15 bits, or as many fewer as keep sums of
   * `columns` products exact.
   *
   * @returns what is valid until the next call
   */
  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array;
}
