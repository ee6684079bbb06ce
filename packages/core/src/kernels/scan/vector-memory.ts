/**
 * Vectors in memory that a kernel can score, laid out as `bytesOfVector` says: float32 values; float16
 * values; int8 values behind the float32 that they are multiplied with; or, behind such a float32, numbers of
 * levels of 4 or 2 bits, the first in the lowest bits of a byte.
 */
export interface VectorMemory {
  /** Row after row; it stays valid. */
  readonly bytes: Uint8Array;
  /**
   * The dot products of `query` and the named rows. With float16 values, these must be finite, and the
   * query's below 32,768. With int8 values and levels, the query is rounded to 15 bits, or as many fewer as
   * keep sums of `columns` products exact.
   *
   * @returns what is valid until the next call
   */
  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array;
}
