import type { RowSet, ScoredRow } from '@bitryoshka/core';

/** The texts of rows, found by their words. */
export interface LexicalIndex {
  /**
   * Puts the text of a row in place. It is not found, and changes no score, before it is committed.
   *
   * @param row higher than any before
   * @throws what the tokenizer throws; nothing was added then
   */
  add(row: number, text: string): void;

  /** Lets searches find what was added, all of it at once. */
  commit(): void;

  /** Takes a row out, committed or not; one that is not there is ignored. */
  delete(row: number): void;

  /**
   * Rows that have at least one word of the query, by BM25: best first, among equal scores the lower row.
   *
   * @param count how many, at most
   * @param allowed only these; which they are changes no score. Default: all
   * @throws what the tokenizer throws
   */
  search(query: string, count: number, allowed?: RowSet): ScoredRow[];
}
