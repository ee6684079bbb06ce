import type { Matrix, Vectors } from '../vectors/matrix.ts';
import type { RowSet } from './row-set.ts';
import type { SegmentedRows } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { ScoredRow } from './top-rows.ts';

export interface SearchOptions {
  /** How many rows to return; fewer when fewer are allowed. */
  readonly k: number;
  /** Only these rows are scored. Default: all. */
  readonly allowed?: RowSet | undefined;
}

/**
 * Finds the rows whose vectors point in the direction of a query. A row keeps its number for ever: numbers
 * rise in the order of adding, and that of a deleted row is not used again.
 */
export interface VectorIndex {
  readonly dimensions: number;
  /** How many rows there are: those that were added and not deleted. */
  readonly rows: number;
  /**
   * @returns the number of the first vector; the others follow. In an index from which nothing was
   *   deleted, it is how many there were
   * @throws BitryoshkaError `dimension-mismatch` or `not-finite`; nothing was added then
   */
  add(vectors: Vectors): number;
  /**
   * Gives a row another vector. Among equal scores it then comes after all rows that are there.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, or `invalid-option` for a row that is not
   *   there; nothing was changed then
   */
  update(row: number, vector: ArrayLike<number>): void;
  /**
   * Rows that are not there are ignored.
   *
   * @returns how many were there
   */
  delete(rows: Iterable<number>): number;
  /** Whether a row was added and not deleted. */
  has(row: number): boolean;
  /**
   * The best rows, best first; among equal scores those that were written first. Scores are cosine
   * similarities or their estimates.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite` or `invalid-option`
   */
  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[];
  /**
   * The vector of a row, scaled to unit length.
   *
   * @throws BitryoshkaError `invalid-option` for a row that is not there
   */
  vector(row: number): Float32Array;
  /** An index of the named rows only, renumbered from 0 in the order they are named. */
  select(rows: ArrayLike<number>): VectorIndex;
  /** All vectors, scaled to unit length, in blocks, in the order in which they were written. */
  blocks(): Iterable<Matrix>;
}

/** An index whose vectors another one can take over, rows and all. */
export interface VectorSegments {
  readonly segmentedVectors: SegmentedRows<StoredVectors>;
}
