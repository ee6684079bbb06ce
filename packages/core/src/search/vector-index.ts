import type { Matrix, Vectors } from '../vectors/matrix.ts';
import type { RowSet } from './row-set.ts';
import type { ScoredRow } from './top-rows.ts';

export interface SearchOptions {
  /** How many rows to return; fewer when fewer are allowed. */
  readonly k: number;
  /** Only these rows are scored. Default: all. */
  readonly allowed?: RowSet | undefined;
}

/** Finds the rows whose vectors point in the direction of a query. */
export interface VectorIndex {
  readonly dimensions: number;
  /** How many vectors were added. Rows are numbered from 0 in the order of adding. */
  readonly rows: number;
  /**
   * @throws BitryoshkaError `dimension-mismatch` or `not-finite`; nothing was added then
   */
  add(vectors: Vectors): void;
  /**
   * The best rows, best first; among equal scores the lower row first. Scores are cosine similarities
   * or their estimates.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite` or `invalid-option`
   */
  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[];
  /** The vector of a row, scaled to unit length. */
  vector(row: number): Float32Array;
  /** An index of the named rows only, renumbered from 0 in the order they are named. */
  select(rows: ArrayLike<number>): VectorIndex;
  /** All vectors, scaled to unit length, in blocks of consecutive rows. */
  blocks(): Iterable<Matrix>;
}
