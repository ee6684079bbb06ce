import type { FlatSearchOptions } from '../search/flat-index.ts';
import type { SharedSegment } from '../search/shared-segment.ts';

/** An index for workers to search. */
export interface SharedIndex {
  /** The quantizer's file. */
  readonly quantizer: SharedArrayBuffer;
  readonly content: SharedSegments | CopiedCodes;
}

/** The very memory of the index. */
interface SharedSegments {
  readonly kind: 'segments';
  readonly segments: readonly SharedSegment[];
  /** The number of the first worker among all threads that read it; the others follow. */
  readonly firstParty: number;
}

/** Where kernel memory cannot be shared: a copy, of which every worker makes its own. */
interface CopiedCodes {
  readonly kind: 'copy';
  /** One code per row, row after row. */
  readonly codes: SharedArrayBuffer;
  readonly rows: number;
}

/** A part of a batch. */
export interface SearchTask {
  /** Tells versions of the index apart: a worker opens each once. */
  readonly version: number;
  /** Left out at first, as most workers know it. */
  readonly index?: SharedIndex | undefined;
  /** One query after the other. */
  readonly queries: Float32Array;
  readonly options: FlatSearchOptions;
}

/** What is found, one query after the other, best first; undefined if the index has to be sent along. */
export type SearchTaskResult =
  | {
      /** By query: how many rows. */
      readonly counts: Uint32Array;
      /** Places of shared segments, rows of a copy. */
      readonly rows: Float64Array;
      readonly scores: Float64Array;
    }
  | undefined;
