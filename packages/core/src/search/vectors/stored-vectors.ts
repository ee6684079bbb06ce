import type { SharedKernel } from '../../kernels/scan/shared-kernel.ts';
import type { VectorFormatName } from '../../kernels/scan/vector-layout.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { SharedVectors } from './vector-chunks.ts';

/**
 * Unit vectors that re-ranking reads row by row: in memory or in a file, at some precision. Rows are
 * appended and never change, so that a search may go on reading while others are added.
 */
export interface StoredVectors {
  readonly dimensions: number;
  readonly rows: number;
  /** Bytes of a stored vector. */
  readonly bytesPerVector: number;
  /** @param vectors valid until it returns */
  append(vectors: Matrix): void;
  /** Appends the named rows of a store of the same kind, as they are stored. */
  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void;
  /** Whether scores are estimates, nearer to the cosine than the product with `at`; none is above 1. */
  readonly isEstimating?: boolean;
  /** The dot products of the named rows and a query. */
  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array;
  /** Vector `row` as float32. */
  at(row: number): Float32Array;
  /** All vectors as float32, in blocks of `blockRows` consecutive rows. */
  blocks(): Iterable<Matrix>;
  /** How `encoded` lays them out; undefined where vectors are neither saved nor loaded as they are stored. */
  readonly format?: VectorFormatName | undefined;
  /** The named rows as they are stored, one after the other. */
  encoded?(rows: ArrayLike<number>): Uint8Array;
  /** Appends what `encoded` gave, of whole rows. */
  appendEncoded?(bytes: Uint8Array): void;
  /** Moves them, and those to come, to memory that other threads read; absent where that cannot be done. */
  share?(kernel: SharedKernel): SharedVectors;
}
