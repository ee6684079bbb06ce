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
  /**
   * What `values` come to over the bits of each of the named rows: plus where a bit is 1, minus where it
   * is 0. By tables of all 256 bytes at every position, summed in float32.
   *
   * @param values one per bit, as many as there are
   * @returns one per row
   */
  sums(values: Float32Array, rows: Uint32Array): Float32Array;
  /**
   * The same for whole numbers, counted where a bit is 1 only: population counts of the code and each
   * plane.
   *
   * @returns one per row
   */
  planeSums(planes: BitPlanes, rows: Uint32Array): Int32Array;
}

/** Whole numbers, one per bit of a code, by their binary digits. */
export interface BitPlanes {
  /** Two's complement: numbers from -8 to 7, or from -128 to 127. */
  readonly digits: 4 | 8;
  /** For each 64-bit word of a code, `digits` words of 8 bytes: the lowest digit of its numbers first. */
  readonly words: Uint8Array;
}

/** Float32 vectors in memory that a kernel can score. */
export interface VectorMemory {
  /** Row after row; it stays valid. */
  readonly data: Float32Array;
  /** The dot products of `query` and the named rows. */
  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array;
}

/** A matrix and a bias that are multiplied with again and again. */
export type Multiplier = (a: Matrix) => Matrix;

/**
 * The hot loops, in WebAssembly or JavaScript. Both implementations give the same bits for the same
 * input: distances, orders and float32 sums.
 */
export interface Kernel {
  readonly name: 'wasm' | 'javascript';
  createCodeMemory(bytesPerCode: number): CodeMemory;
  /** `a` times the transpose of `b`, plus `bias` on every row: `rows(a) x rows(b)`, in float32. */
  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array): Matrix;
  /** `a` times `b`, in float32. */
  multiply(a: Matrix, b: Matrix): Matrix;
  /** The transpose of `a` times `b`: `columns(a) x columns(b)`, in float32. */
  multiplyTransposeOf(a: Matrix, b: Matrix): Matrix;
  /** `multiplyTransposed` for a `b` that stays the same: it is copied once, not at every call. */
  createMultiplier(b: Matrix, bias?: Float32Array): Multiplier;
  /** Zero vectors. */
  createVectorMemory(rows: number, columns: number): VectorMemory;
}
