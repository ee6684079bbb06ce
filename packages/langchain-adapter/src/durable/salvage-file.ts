import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, RowSet } from '@bitryoshka/core';
import { checkpoint, vectorCodec } from '@bitryoshka/core/internal';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { ItemRow } from '../langgraph/item-table.ts';
import { isWholeItem, itemColumns } from '../langgraph/item-table.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import type { SavedOptions } from '../snapshot/store-snapshot.ts';
import { readOptions } from '../store/store-options.ts';
import type { DocumentRow } from './document-row.ts';
import { decodeDocument, documentColumns } from './document-row.ts';
import type { StoreFileKind } from './durable-store.ts';
import { kindOf } from './durable-store.ts';
import { applicationId, checksumOf, vectorTable } from './file-format.ts';
import type { WordsFile } from './salvaged-words.ts';
import { SalvagedWords } from './salvaged-words.ts';
import type { SqliteDatabase, SqliteDriver, SqliteValue } from './sqlite-driver.ts';
import { nodeSqlite } from './sqlite-driver.ts';
import { checkDurableStorage } from './sqlite-vectors.ts';

/** A document that is as it was written, with its vector if that is. */
export interface SalvagedDocument {
  readonly row: number;
  readonly entry: DocumentEntry;
  readonly vector: Float32Array | undefined;
}

/** A table whose rows are numbered. */
interface SalvagedTable {
  readonly name: string;
  readonly key: string;
  readonly columns: string;
}

const documentTable: SalvagedTable = { name: 'documents', key: 'row', columns: documentColumns };
const itemTable: SalvagedTable = { name: 'items', key: 'number', columns: itemColumns };
/** No number is higher, unless it was damaged. */
const mostRows = 2 ** 32;
const rowsPerPage = 256;

/** What is left of the file of a store, however damaged. Nothing of the file is changed. */
export class SalvagedFile {
  readonly path: string;
  /** What SQLite and the checksums say is wrong, the first hundred of it. */
  readonly problems: string[] = [];
  /** Documents that there were, as far as the settings tell. */
  readonly count: number | undefined;
  readonly options: SavedOptions | undefined;
  /** Undefined where nothing tells: of documents. */
  readonly kind: StoreFileKind | undefined;
  /** What made the words of a hybrid store; undefined where there are none that count. */
  readonly tokenizer: string | undefined;
  readonly #database: SqliteDatabase;
  /** Rows from here on were never sealed. */
  readonly #end: number;
  readonly #gone: RowSet = new RowSet();
  readonly #codec: ReturnType<typeof vectorCodec> | undefined;
  /** Of the vectors: another one since the documents were embedded anew. */
  readonly #vectorTable: string;

  /** @throws BitryoshkaError `not-supported`, or `invalid-file` for what is no database */
  constructor(path: string, driver: SqliteDriver | undefined) {
    this.path = path;
    this.#database = (driver ?? nodeSqlite())(path);
    try {
      this.#database.exec('PRAGMA query_only = 1');
      this.#all('SELECT count(*) FROM sqlite_master');
    } catch (cause) {
      this.close();
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${path}: ${reasonOf(cause)}, expected a database of SQLite.`,
        remedy: 'Take a copy of before: nothing can be read of this one.',
        cause,
      });
    }
    this.#checkKind();
    const settings = this.#readSettings();
    const { count, options, end, index, words, kind } = settings ?? {};
    this.count = typeof count === 'number' ? count : undefined;
    this.options = isPlainObject(options) ? readOptions(options) : undefined;
    this.kind = kindOf(kind, this.#hasTable('items'), count);
    this.tokenizer = typeof words === 'string' ? words : undefined;
    // Before the first change is sealed nothing counts; where nobody knows, all of it may.
    const none = settings && 0;
    const { row = none ?? mostRows, removal = none ?? Number.MAX_SAFE_INTEGER } = isPlainObject(end)
      ? end
      : {};
    this.#end = Number(row);
    this.#attempt('the removals', () => {
      for (const gone of this.#all<{ row: number }>(
        'SELECT row FROM removals WHERE number <= ?',
        Number(removal),
      )) {
        this.#gone.add(gone.row);
      }
    });
    const { generation = 0 } = isPlainObject(index) ? index : {};
    this.#vectorTable = vectorTable(Number(generation));
    if (isPlainObject(index) && typeof index.dimensions === 'number') {
      this.#codec = vectorCodec(checkDurableStorage(index.storage), index.dimensions);
    }
  }

  /** What SQLite says of its own structures. */
  checkStructure(): void {
    this.#attempt('the structure', () => {
      const found = this.#all<{ integrity_check: string }>('PRAGMA integrity_check (100)');
      for (const { integrity_check: said } of found) if (said !== 'ok') this.#note(said);
    });
  }

  /**
   * What compares the words of documents with those of the file.
   *
   * @returns undefined where these cannot be read
   */
  words(search: Pick<WordSearch, 'textOf' | 'tokenize'>): SalvagedWords | undefined {
    const file: WordsFile = {
      end: this.#end,
      all: (sql, ...values) => {
        // What cannot be read is said, and nothing of it found.
        try {
          return this.#all(sql, ...values);
        } catch (cause) {
          this.#note(`the words: ${reasonOf(cause)}`);
          return [];
        }
      },
      note: (problem) => this.#note(problem),
    };
    let words: SalvagedWords | undefined;
    this.#attempt('the words', () => {
      // No part of the file.
      this.#database.exec('PRAGMA query_only = 0');
      try {
        this.#database.exec(
          "CREATE VIRTUAL TABLE temp.instances USING fts5vocab (main, 'words', 'instance')",
        );
      } finally {
        this.#database.exec('PRAGMA query_only = 1');
      }
      words = new SalvagedWords(file, search);
    });
    return words;
  }

  /** All that is whole, in the order of the rows. */
  async *documents(task: TaskOptions): AsyncGenerator<SalvagedDocument> {
    for await (const found of this.#rows<DocumentRow>(documentTable, this.#end, task)) {
      if (found.row >= this.#end || this.#gone.has(found.row)) continue;
      const entry = this.#entryOf(found);
      if (entry) yield { row: found.row, entry, vector: this.#vectorOf(found.row) };
    }
  }

  /** All items that are whole, in the order in which they were made. */
  async *items(task: TaskOptions): AsyncGenerator<ItemRow> {
    for await (const found of this.#rows<ItemRow>(itemTable, mostRows, task)) {
      let isWhole = false;
      this.#attempt(`item ${found.number}`, () => {
        isWhole = isWholeItem(found);
        if (!isWhole) this.#note(`item ${found.number}: another checksum`);
      });
      if (isWhole) yield found;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** All rows of a table that can be read, those with numbers below an end, some at a time, in turns. */
  async *#rows<Row>(table: SalvagedTable, end: number, task: TaskOptions): AsyncGenerator<Row> {
    const { name, key } = table;
    let last = -1;
    this.#attempt(`the ${name}`, () => {
      const sql = `SELECT max(${key}) AS last FROM ${name}`;
      last = this.#all<{ last: number | null }>(sql)[0]?.last ?? -1;
    });
    // A number that was damaged may be any.
    last = Math.min(last, end - 1);
    for (let from = 0; from <= last; from += rowsPerPage) {
      await checkpoint(task, { stage: 'recover', done: from, total: last + 1 });
      yield* this.#page<Row>(table, from);
    }
  }

  /** Where a page cannot be read at once, each row by itself. */
  #page<Row>({ name, key, columns }: SalvagedTable, from: number): Row[] {
    const sql = `SELECT ${columns} FROM ${name} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key}`;
    try {
      return this.#all<Row>(sql, from, from + rowsPerPage - 1);
    } catch (cause) {
      this.#note(`${name} from ${key} ${from} on: ${reasonOf(cause)}`);
      return Array.from({ length: rowsPerPage }, (_, i) => {
        try {
          return this.#all<Row>(sql, from + i, from + i);
        } catch {
          return [];
        }
      }).flat();
    }
  }

  #entryOf(found: DocumentRow): DocumentEntry | undefined {
    let entry: DocumentEntry | undefined;
    this.#attempt(`the document of row ${found.row}`, () => {
      entry = decodeDocument(found);
      if (!entry) this.#note(`the document of row ${found.row}: another checksum`);
    });
    return entry;
  }

  #vectorOf(row: number): Float32Array | undefined {
    const codec = this.#codec;
    let vector: Float32Array | undefined;
    this.#attempt(`the vector of row ${row}`, () => {
      const [found] = this.#all<{ vector: Uint8Array; checksum: number }>(
        `SELECT vector, checksum FROM ${this.#vectorTable} WHERE row = ?`,
        row,
      );
      const isWhole = found && checksumOf(`${row}`, found.vector) === found.checksum;
      if (!isWhole)
        this.#note(`the vector of row ${row}: ${found ? 'another checksum' : 'missing'}`);
      if (!isWhole || codec?.bytesPerVector !== found.vector.length) return;
      vector = new Float32Array(codec.dimensions);
      codec.decode(found.vector.slice(), vector);
    });
    return vector;
  }

  /** Any of the two tells the file of a store. */
  #checkKind(): void {
    let isOurs = true;
    this.#attempt('the header', () => {
      const [found] = this.#all<{ application_id: number }>('PRAGMA application_id');
      isOurs = found?.application_id === applicationId || this.#hasTable('documents');
    });
    if (isOurs) return;
    this.close();
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${this.path}: got a database of another program.`,
      remedy: 'Name a file that BinaryVectorStore.open or BinaryStore.open has made.',
    });
  }

  #hasTable(name: string): boolean {
    const sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    return this.#all(sql, name).length > 0;
  }

  #readSettings(): Record<string, unknown> | undefined {
    let settings: unknown;
    this.#attempt('the settings', () => {
      const [found] = this.#all<{ value: string; checksum: number }>(
        'SELECT value, checksum FROM settings',
      );
      if (found && checksumOf(found.value) === found.checksum) settings = JSON.parse(found.value);
      else this.#note('the settings: another checksum');
    });
    return isPlainObject(settings) ? settings : undefined;
  }

  #all<Row>(sql: string, ...values: SqliteValue[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  #attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#note(`${what}: ${reasonOf(cause)}`);
    }
  }

  #note(problem: string): void {
    const isNew = !this.problems.includes(problem);
    if (isNew && this.problems.length < 100) this.problems.push(problem);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
