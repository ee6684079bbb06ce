/** A way of storing vectors that codes of as many bytes have to beat. */
export interface Baseline {
  /** `float32` or `int8`, followed by the leading dimensions that are kept if those are not all. */
  readonly name: string;
  /** Of the stored values. */
  readonly bits: number;
  readonly bytesPerVector: number;
  /**
   * A score per document, higher is better: the cosine of a query in float32 with the stored vector, or
   * its estimate.
   *
   * @param query of as many dimensions as the documents had before they were truncated
   */
  readonly score: (query: Float32Array) => Float64Array;
}
