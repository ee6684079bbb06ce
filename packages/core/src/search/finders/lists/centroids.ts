import type { Codes } from '../../../codes/codes.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import type { CodeQuery } from '../../ranking/code-scoring.ts';

/** What is clustered: codes, and the unit vectors they are of where centroids need them. */
export interface ClusteredItems {
  readonly codes: Codes;
  readonly vectors: Matrix | undefined;
}

/** The middles of clusters: each stands for a list. */
export interface Centroids {
  readonly count: number;
  /** One row for each, from which `restore` makes the same. */
  readonly values: Matrix;
  /** @param values of as many columns as `values` has */
  restore(values: Matrix): void;
  /** An empty set of the same kind. */
  createEmpty(): Centroids;
  /** Puts centroid `list`, which may be the next one, in the middle of the named items. */
  place(list: number, items: ClusteredItems, members: ArrayLike<number>): void;
  /** The nearest centroid of each item. */
  assign(items: ClusteredItems): Uint32Array;
  /** The nearest centroid of each item, and one that finds what the first misses: two after the other. */
  assignTwice?(items: ClusteredItems): Uint32Array;
  /** The `count` centroids nearest to a query, nearest first. */
  nearest(query: CodeQuery, count: number): ArrayLike<number>;
}

/** The matrix with room for row `index`: the same memory while there is some left behind its rows. */
export function withRow({ rows, columns, data }: Matrix, index: number): Matrix {
  if (index < rows) return { rows, columns, data };
  const needed = (index + 1) * columns;
  const room = new Float32Array(data.buffer);
  if (needed <= room.length) return { rows: index + 1, columns, data: room.subarray(0, needed) };
  const grown = new Float32Array(2 * needed);
  grown.set(data);
  return { rows: index + 1, columns, data: grown.subarray(0, needed) };
}
