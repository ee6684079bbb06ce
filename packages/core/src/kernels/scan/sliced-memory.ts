import type { NearRows } from '../near-rows.ts';

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
