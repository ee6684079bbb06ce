import type { SearchOptions } from '../../search/search-depth.ts';
import type { OpenedIndex, SharedIndex } from './shared-index.ts';
import { openIndex } from './shared-index.ts';
import type { TaskResult } from './thread-tasks.ts';

/** A part of a batch. */
export interface SearchInput {
  /** Tells versions of the index apart: a thread opens each once. */
  readonly version: number;
  /** Left out at first, as most threads know it. */
  readonly index: SharedIndex | undefined;
  /** One query after the other. */
  readonly queries: Float32Array;
  readonly options: SearchOptions;
}

/** What is found, one query after the other, best first. */
export interface SearchFindings {
  /** By query: how many rows. */
  readonly counts: Uint32Array<ArrayBuffer>;
  /** Places of shared segments, rows of a copy. */
  readonly rows: Float64Array<ArrayBuffer>;
  readonly scores: Float64Array<ArrayBuffer>;
}

/** Undefined if the index has to be sent along. */
export type SearchOutput = SearchFindings | undefined;

/** The index that this thread was given last. */
let opened: { readonly version: number; readonly index: OpenedIndex } | undefined;

/** Searches an index that another thread shares, as far as its vectors are there to be read. */
export function searchTask(input: SearchInput): TaskResult<SearchOutput> {
  const { version, index, queries, options } = input;
  if (index && opened?.version !== version) opened = { version, index: openIndex(index) };
  if (opened?.version !== version) return { output: undefined };
  const { dimensions, search } = opened.index;
  const asked = { rows: queries.length / dimensions, columns: dimensions, data: queries };
  const found = search.searchBatch(asked, options);
  const all = found.flat();
  const output = {
    counts: Uint32Array.from(found, (hits) => hits.length),
    rows: Float64Array.from(all, ({ row }) => row),
    scores: Float64Array.from(all, ({ score }) => score),
  };
  return { output, transfer: Object.values(output).map(({ buffer }) => buffer) };
}
