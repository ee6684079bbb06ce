import type { Codes } from '../../codes/codes.ts';
import type { Matrix } from '../../vectors/matrix.ts';

/** What is clustered: codes, and the unit vectors they are of where centroids need them. */
export interface ClusteredItems {
  readonly codes: Codes;
  readonly vectors: Matrix | undefined;
}

/** A query in both forms. */
export interface ClusteredQuery {
  readonly unit: Float32Array;
  /** The real values behind the bits of its code. */
  readonly projection: () => Float32Array;
}

/** The middles of clusters: each stands for a list. */
export interface Centroids {
  readonly count: number;
  /** An empty set of the same kind. */
  createEmpty(): Centroids;
  /** Puts centroid `list`, which may be the next one, in the middle of the named items. */
  place(list: number, items: ClusteredItems, members: ArrayLike<number>): void;
  /** The nearest centroid of each item. */
  assign(items: ClusteredItems): Uint32Array;
  /** The nearest centroid of each item, and one that finds what the first misses: two after the other. */
  assignTwice?(items: ClusteredItems): Uint32Array;
  /** The `count` centroids nearest to a query, nearest first. */
  nearest(query: ClusteredQuery, count: number): ArrayLike<number>;
}
