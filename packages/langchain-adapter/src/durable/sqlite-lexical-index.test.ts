import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RowSet } from '@bitryoshka/core';
import { afterAll, describe, expect, it } from 'vitest';
import { lexicalIndexSuite } from '../lexical/lexical-index.suite.ts';
import type { LexicalIndex } from '../lexical/lexical-index.ts';
import type { Tokenize } from '../lexical/tokenize.ts';
import { driver } from './sqlite-drivers.suite.ts';
import { SqliteLexicalIndex } from './sqlite-lexical-index.ts';
import { StoreFile } from './store-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-words-'));
const files: StoreFile[] = [];
afterAll(() => {
  for (const file of files) file.close();
  rmSync(folder, { recursive: true });
});

/** With a store around it, that says which rows there are. */
class StoredWords implements LexicalIndex {
  readonly #file: StoreFile;
  readonly #index: SqliteLexicalIndex;
  readonly #rows = new RowSet();
  #added: number[] = [];

  constructor(tokenize: Tokenize) {
    this.#file = new StoreFile(join(folder, `${files.length}.sqlite`), { driver });
    files.push(this.#file);
    this.#file.createWords();
    this.#index = new SqliteLexicalIndex(this.#file, tokenize, (row) => this.#rows.has(row));
  }

  add(row: number, text: string): void {
    this.#file.transaction(() => this.#index.add(row, text));
    this.#added.push(row);
  }

  commit(): void {
    for (const row of this.#added) this.#rows.add(row);
    this.#added = [];
  }

  delete(row: number): void {
    this.#rows.delete(row);
    this.#added = this.#added.filter((each) => each !== row);
    this.#file.transaction(() => this.#index.delete(row));
  }

  search(query: string, count: number, allowed?: RowSet) {
    return this.#index.search(query, count, allowed);
  }
}

describe('words in a file', () => {
  lexicalIndexSuite((tokenize) => new StoredWords(tokenize), { isExact: false });

  it('tells tokens apart that FTS5 would not', () => {
    const index = new StoredWords((text) => text.split('|'));
    const tokens = ['a-b', 'a_b', 'a b', 'A B', 'a', 'é', 'e', '日本', '日', '"', '\ud83d', 'x\0y'];
    for (const [row, token] of tokens.entries()) index.add(row, token);
    index.commit();
    for (const [row, token] of tokens.entries()) {
      expect(index.search(token, 9).map((found) => found.row)).toEqual([row]);
    }
  });
});
