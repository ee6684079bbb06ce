import type { RowSet, TaskOptions } from '@bitryoshka/core';
import type { CompiledFilter } from '../filters/document-filter.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import type { DocumentEntry } from './document-batch.ts';

/** The documents of an index's rows, in the order in which they were added: in memory, or in a file. */
export interface Documents extends Iterable<DocumentEntry> {
  readonly count: number;
  /** Finds documents by their words; undefined where only vectors are searched. */
  readonly words: WordSearch | undefined;
  /** Fields of metadata that filters have asked for lately and that are not declared. */
  readonly askedFields: readonly string[];
  get(id: string): DocumentEntry | undefined;
  at(row: number): DocumentEntry | undefined;
  /**
   * Puts documents, no two of the same id, in the rows from `firstRow` on, in turns. Nothing of it is seen before
   * `commit`, and until then there are no others to be added.
   */
  stage(entries: readonly DocumentEntry[], firstRow: number, task?: TaskOptions): Promise<void>;
  /** @returns the rows that were left by documents with the same ids */
  commit(count: number, firstRow: number): number[];
  /** What was staged, and not committed, is none. */
  rollBack(): void;
  /**
   * Removes documents, those that are there.
   *
   * @param left is told the rows that they were in, as soon as they are gone
   */
  remove(ids: readonly string[], left: (rows: readonly number[]) => void): Promise<void> | void;
  /** The rows of all documents, in increasing order. */
  occupied(): number[];
  /** The ids of the documents that pass, in the order of their rows, or of all. */
  idsWhere(filter: CompiledFilter | undefined): Promise<string[]> | string[];
  /** The rows of the documents that pass, a set of its own. */
  allowed(filter: CompiledFilter): Promise<RowSet> | RowSet;
}
