import type { Matrix } from '../vectors/matrix.ts';
import type { VectorFormatName } from './vector-layout.ts';

/** The nearest codes, nearest first; codes at the same distance in the order of the scan. */
export interface NearestCodes {
  readonly rows: Uint32Array;
  /** Hamming distances, in bits. */
  readonly distances: Uint32Array;
}

/** Rows in the order in which they were scanned, and a distance for each. */
export interface NearRows {
  readonly rows: Uint32Array;
  readonly distances: Uint32Array;
}

/** Which rows a scan looks at, and which it gives up on. */
export interface ScanLimits {
  /** Pairs of a first row and an end (exclusive), which are scanned in this order. Default: all rows. */
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
  /** All codes, row after row. A view that is valid until the next call. */
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
   * The same for each of several queries, which share the reading of the codes.
   *
   * @param queries one code after the other
   */
  nearestOfEach(
    queries: Uint8Array,
    k: number,
    allowed?: Uint8Array,
    limits?: ScanLimits,
  ): NearestCodes[];
  /**
   * What `values` come to over the bits of each of the named rows: plus where a bit is 1, minus where it
   * is 0. By tables of all 256 bytes at every position, summed in float32.
   *
   * @param values one per bit, as many as there are
   * @returns one per row
   */
  sums(values: Float32Array, rows: Uint32Array): Float32Array;
  /**
   * What `tables` hold for the bytes of each of the named rows, summed up as `sums` does.
   *
   * @param tables 256 values for each of the first bytes of a code; the bytes behind them count nothing
   * @returns one per row
   */
  tableSums(tables: Float32Array, rows: Uint32Array): Float32Array;
  /**
   * The same as `sums` for whole numbers, counted where a bit is 1 only: population counts of the code and each
   * plane.
   *
   * @param wanted keeps only the rows of as many of the largest sums, and those with sums as large as the
   *   last of them: where sums are more than 4,095 apart, with what is in one class of 4,096. Default: all
   * @returns the rows that are kept, in their order: views that are valid until the next call
   */
  planeSums(planes: BitPlanes, rows: Uint32Array, wanted?: number): RowSums;
}

/** Rows, and a sum for each. */
export interface RowSums {
  readonly rows: Uint32Array;
  readonly sums: Int32Array;
}

/** Which rows a scan of sliced codes looks at, and which it gives up on. */
export interface SlicedScanOptions {
  /**
   * Pairs of a first row, a multiple of `slicedBlockRows`, and an end (exclusive), which are scanned in this
   * order. Default: all rows.
   */
  readonly ranges?: Uint32Array | undefined;
  /** Bitmap of the rows to score, as for `CodeMemory.nearest`. Default: all. */
  readonly allowed?: Uint8Array | undefined;
  /** Only rows at smaller distances are of interest. Default: all. */
  readonly below?: number | undefined;
}

/**
 * Codes that are kept bit by bit instead of row by row, so that a scan reads only the bits that count, and
 * may count some more than others.
 */
export interface SlicedMemory {
  /** Of a code, a multiple of 8. */
  readonly bits: number;
  readonly rows: number;
  /** Makes room for more rows, or cuts rows off the end. */
  resize(rows: number): void;
  /**
   * Writes rows `start` and on, for which there must be room.
   *
   * @param codes one after the other, of which the first `bits` are kept
   */
  write(start: number, codes: Uint8Array, bytesPerCode: number): void;
  /**
   * The `k` rows of the smallest distances in the order of the scan, the first of them among equals, fewer
   * when there are fewer: a distance is the sum of the weights, without their signs, of all bits that are 0 where the weight is
   * positive, or 1 where it is negative.
   *
   * @param weights one per bit, from -7 to 7, that come to `largestTotalWeight` at most without their signs
   * @returns views that are valid until the next call
   */
  nearest(weights: Int8Array, k: number, options?: SlicedScanOptions): NearRows;
}

/** Rows whose bits lie side by side in sliced codes. */
export const slicedBlockRows = 128;

/** What the weights of a scan of sliced codes may come to. */
export const largestTotalWeight = 1023;

/** Whole numbers, one per bit of a code, by their binary digits. */
export interface BitPlanes {
  /** Two's complement: numbers from -8 to 7, or from -128 to 127. */
  readonly digits: 4 | 8;
  /** For each 64-bit word of a code, `digits` words of 8 bytes: the lowest digit of its numbers first. */
  readonly words: Uint8Array;
}

/**
 * Vectors in memory that a kernel can score, laid out as `bytesPerVector` says: float32 values; float16
 * values; or int8 values behind the float32 that they are multiplied with.
 */
export interface VectorMemory {
  /** Row after row; it stays valid. */
  readonly bytes: Uint8Array;
  /**
   * The dot products of `query` and the named rows. With float16 values, these must be finite, and the
   * query's below 32,768. With int8 values, the
   * query is rounded to 15 bits, or as many fewer as keep sums of `columns` products exact.
   *
   * @returns what is valid until the next call
   */
  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array;
}

/** Signs of -1 and 1 by row, and what each gains by being 1 rather than -1. */
export interface DescendedSigns {
  readonly signs: Matrix;
  readonly fields: Matrix;
}

/**
 * Descends codes whose bytes name vectors.
 *
 * @param residuals what the vectors that `codes` name leave of those to be restored; changed
 * @param codes to start from, a byte per 256 vectors, row after row; changed
 * @param weights one per bit, row by row
 * @returns for every bit, a fourth of what flipping it would add, negative where it is 0
 */
export type ByteDescent = (
  residuals: Matrix,
  codes: Uint8Array,
  weights: Matrix,
  rounds: number,
) => Matrix;

/** A linear map and a bias that are applied again and again. What comes out may be given memory. */
export type Multiplier = (a: Matrix, into?: Matrix) => Matrix;

/**
 * The hot loops, in WebAssembly or JavaScript. Both implementations give the same bits for the same
 * input: distances, orders and float32 sums.
 */
export interface Kernel {
  readonly name: 'wasm' | 'javascript';
  createCodeMemory(bytesPerCode: number): CodeMemory;
  createSlicedMemory(bits: number): SlicedMemory;
  /**
   * `a` times the transpose of `b`, plus `bias` on every row: `rows(a) x rows(b)`, in float32.
   *
   * @param into where it is written: neither `a` nor `b`. Default: new memory
   */
  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array, into?: Matrix): Matrix;
  /** `a` times `b`, in float32. */
  multiply(a: Matrix, b: Matrix): Matrix;
  /** The transpose of `a` times `b`: `columns(a) x columns(b)`, in float32. */
  multiplyTransposeOf(a: Matrix, b: Matrix): Matrix;
  /** `multiplyTransposed` for a `b` that stays the same: it is copied once, not at every call. */
  createMultiplier(b: Matrix, bias?: Float32Array): Multiplier;
  /**
   * Rounds of multiplying with factors and a Walsh–Hadamard transform, not normalised; then what comes out first,
   * plus `bias`; in float32. A round takes as many dimensions as it has factors, the first or the last in turns.
   *
   * @param factors one row per round; its columns a power of two, from 4 to the dimensions; copied
   * @param bias one value for each dimension that is wanted; copied
   * @param dimensions that are rotated; vectors of fewer are taken with zeros behind them
   */
  createRotator(factors: Matrix, bias: Float32Array, dimensions: number): Multiplier;
  /** Zero vectors. */
  createVectorMemory(rows: number, columns: number, format: VectorFormatName): VectorMemory;
  /**
   * Coordinate descent of ½ sᵀHs - rᵀs over signs s, row by row: each in turn becomes that of its field,
   * r - H s without the sign's own part, until none changes or `rounds` are over.
   *
   * @param residuals r - H s for the signs to start from; changed
   * @param signs to start from; changed
   * @param couplings H, symmetric
   */
  descendSigns(residuals: Matrix, signs: Matrix, couplings: Matrix, rounds: number): DescendedSigns;
  /**
   * Coordinate descent of |x - Σ B_m[v_m]|² - 2 wᵀs over the bits of the bytes v_m, row by row, s being the
   * bits as signs and w their weights: each in turn is flipped if that makes it smaller, until none is or
   * `rounds` are over.
   *
   * @param books B: 256 vectors for every byte of a code; copied
   */
  createByteDescent(books: Matrix): ByteDescent;
}
