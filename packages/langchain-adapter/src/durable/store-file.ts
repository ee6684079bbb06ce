import type { BitryoshkaError, TaskOptions } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { checkFormat, checksumOf, vectorColumns, vectorTable, wordsTable } from './file-format.ts';
import type {
  SqliteDatabase,
  SqliteDriver,
  SqliteStatement,
  SqliteValue,
} from './sqlite-driver.ts';
import { fileExists, nodeSqlite } from './sqlite-driver.ts';
import { failure, invalidOption, sqliteError } from './sqlite-errors.ts';

export interface StoreFileOptions {
  /** Default: `node:sqlite`. */
  readonly driver?: SqliteDriver | undefined;
  /**
   * `full`: what was acknowledged survives a loss of power; `normal`: a killed process, and of a loss of power all but
   * the last changes. Default: `full`.
   */
  readonly durability?: 'full' | 'normal' | undefined;
  /** Others may write meanwhile. Default: false. */
  readonly readOnly?: boolean | undefined;
}

interface RowsToDelete {
  readonly table: string;
  /** The column that tells rows from each other. */
  readonly key: string;
  /** Which of them, and in which order where that counts. */
  readonly where: string;
  readonly values?: readonly SqliteValue[];
}

const busyMilliseconds = 5000;
/** Written bytes after which a transaction ends and another begins, so that none takes long. */
const stepBytes = 1 << 19;
/** What nobody reads is deleted in pieces. */
const rowsPerTurn = 256;
const mostFree = 0.5;
const fewestFreeBytes = 1 << 20;
/** That are given back at a time. */
const pagesPerStep = 256;

/**
 * The SQLite file of a store. Two connections: one writes, and holds what is not committed yet; the other reads what
 * is. Where a file has one connection alone, what is not committed is read as well: whoever reads leaves out rows that
 * the settings do not tell of, as they may be committed and not sealed. Everything that is read back has a checksum, as
 * SQLite has none.
 */
export class StoreFile {
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly #reader: SqliteDatabase;
  readonly #writer: SqliteDatabase;
  /** Whether one connection reads and writes. */
  readonly #isShared: boolean;
  readonly #lock: SqliteDatabase | undefined;
  readonly #statements: Map<SqliteDatabase, Map<string, SqliteStatement>> = new Map();
  #isWriting = false;
  #isSealing = false;
  /** Since the transaction began, about. */
  #writtenBytes = 0;
  readonly #isFull: boolean;
  #isClosed = false;

  /**
   * Opens a file, or makes one.
   *
   * @throws BitryoshkaError `not-supported`, `write-failed`, `file-not-found` for one that is to be read only,
   *   `invalid-file`, `unsupported-version`
   */
  constructor(path: string, { driver, durability = 'full', readOnly = false }: StoreFileOptions) {
    if (durability !== 'full' && durability !== 'normal') {
      throw invalidOption('durability', durability, 'full or normal');
    }
    if (driver !== undefined && typeof driver !== 'function') {
      throw invalidOption('driver', driver, 'a function that opens a file');
    }
    const open = driver ?? nodeSqlite();
    this.path = path;
    this.isReadOnly = readOnly;
    this.#isFull = durability === 'full';
    if (readOnly && open.isExclusive) {
      throw failure(
        'not-supported',
        `readOnly: got it for ${path}, which has one connection at a time`,
        'Leave readOnly out.',
      );
    }
    if (readOnly && !fileExists(path, driver)) {
      throw failure(
        'file-not-found',
        `${path}: got no file`,
        'Check the path, or open it to write.',
      );
    }
    this.#lock = readOnly || open.isExclusive ? undefined : lockFor(path, open);
    const opened: SqliteDatabase[] = [];
    try {
      this.#writer = this.#attempt(() => open(path));
      opened.push(this.#writer);
      this.#attempt(() => {
        this.#writer.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`);
        if (readOnly) return;
        checkFormat(this.#writer, path, { mayCreate: true });
        // Where there can be no log, SQLite goes on with a journal.
        this.#writer.exec('PRAGMA journal_mode = WAL');
        this.#writer.exec('PRAGMA synchronous = NORMAL');
      });
      this.#attempt(() => checkFormat(this.#writer, path, { mayCreate: false }));
      this.#isShared = !readOnly && open.isExclusive === true;
      const isOne = readOnly || this.#isShared;
      this.#reader = isOne ? this.#writer : this.#attempt(() => open(path));
      if (!isOne) opened.push(this.#reader);
      this.#attempt(() => this.#reader.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`));
      if (!this.#isShared) this.#attempt(() => this.#reader.exec('PRAGMA query_only = 1'));
    } catch (cause) {
      for (const connection of opened) connection.close();
      this.#lock?.close();
      throw cause;
    }
  }

  /** All rows of a query, of what is committed. */
  all<Row>(sql: string, ...values: SqliteValue[]): Row[] {
    return this.#attempt(() => this.#statement(this.#reader, sql).all(...values) as Row[]);
  }

  /** The first row of a query, of what is committed. */
  get<Row>(sql: string, ...values: SqliteValue[]): Row | undefined {
    return (
      this.#attempt(() => this.#statement(this.#reader, sql).get(...values) as Row) ?? undefined
    );
  }

  /** The same of what is not committed as well. */
  getNow<Row>(sql: string, ...values: SqliteValue[]): Row | undefined {
    return (
      this.#attempt(() => this.#statement(this.#writer, sql).get(...values) as Row) ?? undefined
    );
  }

  allNow<Row>(sql: string, ...values: SqliteValue[]): Row[] {
    return this.#attempt(() => this.#statement(this.#writer, sql).all(...values) as Row[]);
  }

  /**
   * Writes what nobody looks at before it is sealed, within `begin` and `seal`: rows, removals and parts that the
   * settings do not tell of yet. So a change may take many transactions, each of them short.
   */
  run(sql: string, ...values: SqliteValue[]): void {
    this.#attempt(() => this.#change(sql).run(...values));
    if (this.#isSealing) return;
    for (const value of values) this.#writtenBytes += sizeOf(value);
    if (this.#writtenBytes < stepBytes) return;
    this.#attempt(() => this.#writer.exec('COMMIT'));
    this.#attempt(() => this.#writer.exec('BEGIN IMMEDIATE'));
    this.#writtenBytes = 0;
  }

  /** @throws BitryoshkaError `not-supported` */
  checkWritable(): void {
    if (!this.isReadOnly) return;
    throw failure(
      'not-supported',
      `${this.path}: got a change of a store that is opened to read`,
      'Open it without readOnly.',
    );
  }

  begin(): void {
    this.checkWritable();
    this.#attempt(() => this.#writer.exec('BEGIN IMMEDIATE'));
    this.#isWriting = true;
    this.#writtenBytes = 0;
  }

  /** Everything since `begin` is there from now on, whatever happens, by what `change` sets. */
  seal(change: () => void): void {
    const exec = (sql: string) => this.#attempt(() => this.#writer.exec(sql));
    this.#isSealing = true;
    try {
      exec('COMMIT');
      // What was written before is flushed along, and that a journal is gone.
      if (this.#isFull) exec('PRAGMA synchronous = EXTRA');
      exec('BEGIN IMMEDIATE');
      change();
      exec('COMMIT');
      this.#isWriting = false;
    } finally {
      this.rollback();
      this.#isSealing = false;
      if (this.#isFull) exec('PRAGMA synchronous = NORMAL');
    }
  }

  /** Ends a change that is not to be seen; what of it was written is to be deleted. */
  rollback(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    // Some failures have rolled back already.
    try {
      this.#writer.exec('ROLLBACK');
    } catch {}
  }

  /** Reads what is in the file at one moment, whatever others write until that is done. */
  atOnce<T>(read: () => T): T {
    // Nobody else writes.
    if (this.#isShared) return read();
    const end = () => this.#attempt(() => this.#reader.exec('COMMIT'));
    this.#attempt(() => this.#reader.exec('BEGIN'));
    let found: T;
    try {
      found = read();
    } catch (cause) {
      end();
      throw cause;
    }
    if (found instanceof Promise) return found.finally(end) as T;
    end();
    return found;
  }

  hasTable(name: string): boolean {
    const found = this.getNow<{ count: number }>(
      "SELECT count(*) AS count FROM sqlite_master WHERE type = 'table' AND name = ?",
      name,
    );
    return found?.count === 1;
  }

  /** Makes an empty table of words, also where there is one. */
  createWords(): void {
    this.#attempt(() => this.#writer.exec(`DROP TABLE IF EXISTS words; ${wordsTable}`));
  }

  /** Of all tables of vectors, which generation each is. */
  get vectorGenerations(): number[] {
    return this.allNow<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'vectors*'",
    ).map(({ name }) => Number(name.split('_')[1] ?? 0));
  }

  /** Makes an empty table of vectors. */
  createVectors(generation: number): void {
    this.#attempt(() =>
      this.#writer.exec(`CREATE TABLE ${vectorTable(generation)} ${vectorColumns}`),
    );
  }

  /** @param generation of an empty table */
  dropVectors(generation: number): void {
    this.#attempt(() => this.#writer.exec(`DROP TABLE ${vectorTable(generation)}`));
  }

  /** What it takes on the disk. */
  get bytes(): number {
    return this.#pragma('page_size') * this.#pragma('page_count');
  }

  /** Whether much of the file is free for what is written next. */
  get isMostlyFree(): boolean {
    const free = this.#pragma('page_size') * this.#pragma('freelist_count');
    return free >= Math.max(fewestFreeBytes, mostFree * this.bytes);
  }

  /** Gives what is free back to the disk, some at a time. */
  async giveBack(task: TaskOptions): Promise<void> {
    let free = Number.POSITIVE_INFINITY;
    for (let left = this.#pragma('freelist_count'); left > 0 && left < free; ) {
      await checkpoint(task, { stage: 'compact', done: 0, total: left });
      this.#attempt(() => this.#writer.exec(`PRAGMA incremental_vacuum (${pagesPerStep})`));
      free = left;
      left = this.#pragma('freelist_count');
    }
    // What others read meanwhile stays until they are done, and nobody waits for that.
    this.#attempt(() => this.#writer.exec('PRAGMA busy_timeout = 0'));
    try {
      this.#attempt(() => this.#writer.exec('PRAGMA wal_checkpoint (TRUNCATE)'));
    } finally {
      this.#attempt(() => this.#writer.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`));
    }
  }

  #pragma(name: string): number {
    return Number(this.get<Record<string, number>>(`PRAGMA ${name}`)?.[name]);
  }

  /** A change of what is seen the same before and after: all of it or nothing, and after a loss of power either. */
  transaction(change: () => void): void {
    this.begin();
    this.#isSealing = true;
    try {
      change();
      this.#attempt(() => this.#writer.exec('COMMIT'));
      this.#isWriting = false;
    } finally {
      this.rollback();
      this.#isSealing = false;
    }
  }

  /** Deletes rows that nobody reads, some at a time: where that ends early, the others are still to be found. */
  async deleteInTurns(
    { table, key, where, values = [] }: RowsToDelete,
    task: TaskOptions = {},
    stage = 'collect',
  ): Promise<void> {
    for (;;) {
      const rows = this.all<{ key: number }>(
        `SELECT ${key} AS key FROM ${table} WHERE ${where} LIMIT ${rowsPerTurn}`,
        ...values,
      );
      if (rows.length === 0) return;
      this.transaction(() => {
        for (const row of rows) this.run(`DELETE FROM ${table} WHERE ${key} = ?`, row.key);
      });
      await checkpoint(task, { stage, done: 0, total: rows.length });
    }
  }

  setting(name: string): unknown {
    return this.#settings(this.#reader)[name];
  }

  /** Within `seal`. */
  set(name: string, value: unknown): void {
    // All in one row, so that none of them can be lost alone.
    const text = JSON.stringify({ ...this.#settings(this.#writer), [name]: value });
    this.run('UPDATE settings SET value = ?, checksum = ?', text, checksumOf(text));
  }

  #settings(connection: SqliteDatabase): Readonly<Record<string, unknown>> {
    const found = this.#attempt(() =>
      this.#statement(connection, 'SELECT value, checksum FROM settings').get(),
    ) as { value: string; checksum: number } | undefined;
    if (!found || checksumOf(found.value) !== found.checksum) throw this.damaged('the settings');
    return JSON.parse(found.value);
  }

  /** Another after every change that was sealed. */
  get state(): number | undefined {
    return this.get<{ checksum: number }>('SELECT checksum FROM settings')?.checksum;
  }

  damaged(what: string): BitryoshkaError {
    return failure(
      'checksum-mismatch',
      `${this.path}: got another checksum of ${what}`,
      'The file was damaged: take a copy of before, or recover what is whole.',
    );
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.rollback();
    this.#statements.clear();
    if (this.#reader !== this.#writer) this.#reader.close();
    this.#writer.close();
    this.#lock?.close();
  }

  /** The statement of a change: what FTS5 says that it has inserted last may be no number of JavaScript. */
  #change(sql: string): SqliteStatement {
    const statement = this.#statement(this.#writer, sql);
    statement.setReadBigInts?.(true);
    return statement;
  }

  #statement(connection: SqliteDatabase, sql: string): SqliteStatement {
    let known = this.#statements.get(connection);
    if (!known) {
      known = new Map();
      this.#statements.set(connection, known);
    }
    let statement = known.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      known.set(sql, statement);
    }
    return statement;
  }

  #attempt<T>(action: () => T): T {
    if (this.#isClosed)
      throw failure('not-supported', `${this.path}: got a store that is closed`, 'Open it again.');
    try {
      return action();
    } catch (cause) {
      throw sqliteError(this.path, cause);
    }
  }
}

/** One store may write at a time: it holds a lock of the system, which goes with its process. */
function lockFor(path: string, open: SqliteDriver): SqliteDatabase {
  let lock: SqliteDatabase | undefined;
  try {
    lock = open(`${path}.lock`);
    lock.exec('PRAGMA busy_timeout = 0');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock?.close();
    if (!/locked|busy/i.test(String(cause))) throw sqliteError(path, cause);
    throw failure(
      'write-failed',
      `${path}: got a file that another store writes to`,
      'Close that store, or open this one with { readOnly: true }.',
      cause,
    );
  }
}

function sizeOf(value: SqliteValue): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length + 16 : 16;
}
