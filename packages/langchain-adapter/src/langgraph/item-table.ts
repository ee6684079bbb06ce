import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { Item } from '@langchain/langgraph-checkpoint';
import { checksumOf } from '../durable/file-format.ts';
import type { StoreFile } from '../durable/store-file.ts';
import type { TypedJson } from '../snapshot/typed-json.ts';
import { fromTypedJson } from '../snapshot/typed-json.ts';
import type { NameRange } from './namespace.ts';
import { fromJsonText, fromPath } from './namespace.ts';

/** An item as it is written. */
export interface ItemRow {
  /** Rises with every item that is made, and stays with it. */
  readonly number: number;
  /** Of its namespace. */
  readonly path: string;
  readonly key: string;
  readonly value: string;
  readonly types: string | null;
  /** Milliseconds, as of dates. */
  readonly created: number;
  readonly updated: number;
  /** How many it has. */
  readonly vectors: number;
  readonly checksum: number;
}

export const itemColumns = 'number, path, key, value, types, created, updated, vectors, checksum';
const schema = [
  `CREATE TABLE items (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    types TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    vectors INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  )`,
  'CREATE UNIQUE INDEX items_by_name ON items (path, key)',
  'CREATE INDEX items_in_order ON items (path, number)',
  'CREATE INDEX items_by_vectors ON items (vectors, path, number)',
  // Of a change that is not sealed. Items that are to be deleted have no value.
  `CREATE TABLE staged_items (
    number INTEGER PRIMARY KEY,
    path TEXT,
    key TEXT,
    value TEXT,
    types TEXT,
    created INTEGER,
    updated INTEGER,
    vectors INTEGER,
    checksum INTEGER
  )`,
];
const rowsPerPage = 256;

/** Namespaces are found by skipping from one to the next, however many items are in each. */
const nextPaths = `
  WITH RECURSIVE found (path) AS (
    SELECT min(path) FROM items WHERE path > ?
    UNION ALL
    SELECT (SELECT min(path) FROM items WHERE path > found.path) FROM found WHERE found.path IS NOT NULL
  )
  SELECT path FROM found WHERE path IS NOT NULL LIMIT ${rowsPerPage}`;

/** Items in the file of a store, by namespace and key. */
export class ItemTable {
  readonly #file: StoreFile;

  /** @throws BitryoshkaError `invalid-file` for a file without items that is to be read only */
  constructor(file: StoreFile) {
    this.#file = file;
    if (file.hasTable('items')) return;
    if (file.isReadOnly) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${file.path}: got a file without items.`,
        remedy: 'Name a file that BinaryStore.open has made.',
      });
    }
    file.transaction(() => {
      for (const statement of schema) file.run(statement);
    });
  }

  /** Of the item that is made last, those that are gone included. */
  get lastNumber(): number {
    const found = this.#file.get<{ seq: number }>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'items'",
    );
    return found?.seq ?? 0;
  }

  /** The most vectors that an item has. */
  get mostVectors(): number {
    return (
      this.#file.get<{ most: number | null }>('SELECT max(vectors) AS most FROM items')?.most ?? 0
    );
  }

  row(path: string, key: string): ItemRow | undefined {
    return this.#checked(
      this.#file.get<ItemRow>(
        `SELECT ${itemColumns} FROM items WHERE path = ? AND key = ?`,
        path,
        key,
      ),
    );
  }

  at(number: number): ItemRow | undefined {
    return this.#checked(
      this.#file.get<ItemRow>(`SELECT ${itemColumns} FROM items WHERE number = ?`, number),
    );
  }

  /**
   * Those in a range, by namespace and then in the order in which they were made: some at a time, in turns.
   *
   * @param isWithout of those that have no vectors alone
   */
  async *pages({ from, to }: NameRange, isWithout = false): AsyncGenerator<ItemRow[]> {
    const which = isWithout ? 'vectors = 0 AND' : '';
    for (let [path, number] = [from, -1]; ; ) {
      const page = this.#file.all<ItemRow>(
        `SELECT ${itemColumns} FROM items WHERE ${which} (path, number) > (?, ?) AND path < ? ORDER BY path, number LIMIT ${rowsPerPage}`,
        path,
        number,
        to,
      );
      for (const row of page) this.#checked(row);
      yield page;
      const last = page.at(-1);
      if (!last || page.length < rowsPerPage) return;
      ({ path, number } = last);
      await checkpoint({}, { stage: 'filter', done: 0, total: 1 });
    }
  }

  /** All namespaces in which there are items, in the order of their paths, in turns. */
  async namespaces(): Promise<string[][]> {
    const found: string[][] = [];
    for (let last = ''; ; ) {
      const page = this.#file.all<{ path: string }>(nextPaths, last);
      for (const { path } of page) found.push(this.#read('a namespace', () => fromPath(path)));
      if (page.length < rowsPerPage) return found;
      last = (page.at(-1) as { path: string }).path;
      await checkpoint({}, { stage: 'filter', done: found.length, total: found.length });
    }
  }

  valueOf({ number, value, types }: ItemRow): Item['value'] {
    return this.#read(`item ${number}`, () => {
      const typed: TypedJson = {
        json: JSON.parse(value),
        types: types === null ? {} : JSON.parse(types),
      };
      return fromTypedJson(typed) as Item['value'];
    });
  }

  /** A copy of its own. */
  itemOf(row: ItemRow): Item {
    return {
      value: this.valueOf(row),
      key: this.#read(`item ${row.number}`, () => fromJsonText(row.key)),
      namespace: this.#read(`item ${row.number}`, () => fromPath(row.path)),
      createdAt: new Date(row.created),
      updatedAt: new Date(row.updated),
    };
  }

  #read<T>(what: string, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${this.#file.path}: got ${what} that cannot be read.`,
        remedy: 'Check that this is the right file.',
        cause,
      });
    }
  }

  #checked(row: ItemRow | undefined): ItemRow | undefined {
    if (!row || isWholeItem(row)) return row;
    throw this.#file.damaged(`item ${row.number}`);
  }
}

/** Writes items that are to take the place of those of the same numbers, and the numbers of those that are to go. */
export async function stageItems(
  file: StoreFile,
  items: readonly Omit<ItemRow, 'checksum'>[],
  gone: readonly number[],
): Promise<void> {
  file.run('DELETE FROM staged_items');
  for (const [done, item] of items.entries()) {
    if (done % 64 === 0) await checkpoint({}, { stage: 'store', done, total: items.length });
    const { number, path, key, value, types, created, updated, vectors } = item;
    file.run(
      `INSERT INTO staged_items (${itemColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      number,
      path,
      key,
      value,
      types,
      created,
      updated,
      vectors,
      checksumOfItem(item),
    );
  }
  for (const [done, number] of gone.entries()) {
    if (done % 64 === 0) await checkpoint({}, { stage: 'store', done, total: gone.length });
    file.run('INSERT INTO staged_items (number) VALUES (?)', number);
  }
}

/** Makes what was staged count, as a change is sealed. */
export function takeStagedItems(file: StoreFile): void {
  file.run('DELETE FROM items WHERE number IN (SELECT number FROM staged_items)');
  file.run(
    `INSERT INTO items (${itemColumns}) SELECT ${itemColumns} FROM staged_items WHERE value IS NOT NULL`,
  );
  file.run('DELETE FROM staged_items');
}

/** Whether it is as it was written. */
export function isWholeItem(row: ItemRow): boolean {
  return checksumOfItem(row) === row.checksum;
}

function checksumOfItem(item: Omit<ItemRow, 'checksum'>): number {
  const { number, path, key, value, types, created, updated, vectors } = item;
  return checksumOf(`${number} ${created} ${updated} ${vectors}`, path, key, value, types ?? '');
}
