import type { RowSet, ScoredRow } from '@bitryoshka/core';
import type { LexicalIndex } from '../lexical/lexical-index.ts';
import type { Tokenize } from '../lexical/tokenize.ts';
import type { StoreFile } from './store-file.ts';

/** Rows are asked for in growing numbers while too few of those found are allowed. */
const growth = 8;

/**
 * Words in the file of a store, by FTS5 of SQLite. It is given tokens, not texts, so that they are the same as in
 * memory. Which of the rows count is the store's to say: others are being added, or wait to be collected.
 */
export class SqliteLexicalIndex implements LexicalIndex {
  readonly #file: StoreFile;
  readonly #tokenize: Tokenize;
  readonly #isThere: (row: number) => boolean;

  constructor(file: StoreFile, tokenize: Tokenize, isThere: (row: number) => boolean) {
    this.#file = file;
    this.#tokenize = tokenize;
    this.#isThere = isThere;
  }

  add(row: number, text: string): void {
    const tokens = encodeTokens(this.#tokenize(text)).join(' ');
    this.#file.run('INSERT INTO words (rowid, tokens) VALUES (?, ?)', row, tokens);
  }

  /** The store does that. */
  commit(): void {}

  delete(row: number): void {
    this.#file.run('DELETE FROM words WHERE rowid = ?', row);
  }

  search(query: string, count: number, allowed?: RowSet): ScoredRow[] {
    const tokens = new Set(encodeTokens(this.#tokenize(query)));
    if (tokens.size === 0 || count === 0 || allowed?.size === 0) return [];
    const match = Array.from(tokens, (token) => `"${token}"`).join(' OR ');
    for (let limit = 2 * count; ; limit *= growth) {
      const found = this.#file.all<ScoredRow>(
        'SELECT rowid AS row, -bm25(words) AS score FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?',
        match,
        limit,
      );
      const wanted = found.filter(
        ({ row }) => this.#isThere(row) && (allowed === undefined || allowed.has(row)),
      );
      if (wanted.length < count && found.length === limit) continue;
      return wanted
        .map(({ row, score }) => ({ row, score }))
        .sort((a, b) => b.score - a.score || a.row - b.row)
        .slice(0, count);
    }
  }
}

/** Tokens as FTS5 is given them: one place for each. */
export function encodeTokens(tokens: readonly string[]): string[] {
  return tokens.filter((token) => token !== '').map(encodeToken);
}

/** Whatever is no letter or digit by its number: FTS5 would end a token there, or fold its case. */
function encodeToken(token: string): string {
  return token.replace(
    /[^a-z0-9\u0080-\ud7ff\ue000-\uffff]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
