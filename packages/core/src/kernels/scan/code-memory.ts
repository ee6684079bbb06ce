/** The nearest codes, nearest first; codes at the same distance in the order of the scan. */
export interface NearestCodes {
  readonly rows: Uint32Array;
  /** Hamming distances, in bits. */
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

/** Whole numbers, one per bit of a code, by their binary digits. */
export interface BitPlanes {
  /** Two's complement: numbers from -8 to 7, or from -128 to 127. */
  readonly digits: 4 | 8;
  /** For each 64-bit word of a code, `digits` words of 8 bytes: the lowest digit of its numbers first. */
  readonly words: Uint8Array;
}
