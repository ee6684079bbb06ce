import type { Matrix } from '../vectors/matrix.ts';

/** The nearest codes, nearest first; codes at the same distance in the order of their rows. */
export interface NearestCodes {
  readonly rows: Uint32Array;
  /** Hamming distances, in bits. */
  readonly distances: Uint32Array;
}

/** Which rows a scan looks at, and which it gives up on. */
export interface ScanLimits {
  /** Pairs of a first row and an end (exclusive), in increasing order. Default: all rows. */
  readonly ranges?: Uint32Array | undefined;
  /** Only codes at smaller distances are of interest. Default: all. */
  readonly below?: number | undefined;
}

/** Packed codes in memory that a kernel can scan. Rows are appended and replaced, never moved. */
export interface CodeMemory {
  /** Length of one code, a multiple of 8. */
  readonly bytesPerCode: number;
  readonly rows: number;
  /** Grows with zero codes or cuts rows off the end. */
  resize(rows: number): void;
  /** All codes, row after row. A view that is valid until the next `resize` or `nearest`. */
  bytes(): Uint8Array;
  /**
   * The `k` codes nearest to `query`, fewer when there are fewer.
   *
   * @param query one code of `bytesPerCode` bytes
   * @param allowed bitmap of the rows to score (bit `i & 7` of byte `i >> 3`), which may end before the
   *   last row: no row past its end is allowed; absent: all rows
   */
  nearest(query: Uint8Array, k: number, allowed?: Uint8Array, limits?: ScanLimits): NearestCodes;
}

/**
 * The hot loops, in WebAssembly or JavaScript. Both implementations give the same bits for the same
 * input: distances, orders and float32 sums.
 */
export interface Kernel {
  readonly name: 'wasm' | 'javascript';
  createCodeMemory(bytesPerCode: number): CodeMemory;
  /** `a` times the transpose of `b`, plus `bias` on every row: `rows(a) x rows(b)`, in float32. */
  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array): Matrix;
}
