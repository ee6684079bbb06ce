import type { FlatSearchOptions } from '../search/flat-index.ts';

/** Codes for workers, in memory that all of them read. */
export interface SharedCodes {
  /** Tells versions apart: a worker prepares each once. */
  readonly version: number;
  /** The quantizer's file. */
  readonly quantizer: SharedArrayBuffer;
  /** One code per row, row after row. */
  readonly codes: SharedArrayBuffer;
  readonly rows: number;
}

/** A part of a batch. */
export interface SearchTask {
  readonly shared: SharedCodes;
  /** One query after the other. */
  readonly queries: Float32Array;
  readonly options: Pick<FlatSearchOptions, 'k' | 'scoring' | 'candidates'>;
}

/** What is found, one query after the other, best first. */
export interface SearchTaskResult {
  /** By query: how many rows. */
  readonly counts: Uint32Array;
  readonly rows: Uint32Array;
  readonly scores: Float64Array;
}
