import type { ErrorCode, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint, crc32 as javascriptCrc32 } from '@bitryoshka/core/internal';
import type {
  SqliteDatabase,
  SqliteDriver,
  SqliteStatement,
  SqliteValue,
} from './sqlite-driver.ts';
import { builtin, fileExists, nodeSqlite } from './sqlite-driver.ts';

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

/** "bitr": tells the files of stores from others of SQLite. */
export const applicationId = 0x62697472;
const formatVersion = 1;
const busyMilliseconds = 5000;

const vectorColumns = '(row INTEGER PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL)';

const schema = `
  CREATE TABLE settings (value TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE documents (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    given INTEGER NOT NULL,
    content TEXT NOT NULL,
    metadata TEXT NOT NULL,
    types TEXT,
    checksum INTEGER NOT NULL
  );
  CREATE INDEX documents_by_id ON documents (id);
  CREATE TABLE vectors ${vectorColumns};
  CREATE TABLE runs (
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    numbers BLOB,
    version INTEGER,
    codes BLOB,
    checksum INTEGER NOT NULL
  );
  CREATE TABLE parts (
    name TEXT NOT NULL,
    piece INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (name, piece)
  ) WITHOUT ROWID;
  CREATE TABLE removals (number INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL, collected INTEGER NOT NULL);
  CREATE INDEX removals_to_collect ON removals (collected, number) WHERE collected = 0;
`;

/** The statement of the words of a hybrid store, as SQLite keeps it. */
export const wordsTable = `CREATE VIRTUAL TABLE words USING fts5 (tokens, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'")`;

/** Written bytes after which a transaction ends and another begins, so that none takes long. */
const stepBytes = 1 << 19;
/** Bytes of a part that are kept in one piece. */
const pieceBytes = 1 << 20;
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
        this.#checkKind(true);
        // Where there can be no log, SQLite goes on with a journal.
        this.#writer.exec('PRAGMA journal_mode = WAL');
        this.#writer.exec('PRAGMA synchronous = NORMAL');
      });
      this.#checkKind(false);
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

  /** Bytes of any length, under a name that is new. */
  *writePart(name: string, bytes: Iterable<Uint8Array>): Generator<void> {
    let piece = 0;
    for (const some of bytes) {
      for (let start = 0; start < some.length; start += pieceBytes) {
        const part = some.subarray(start, start + pieceBytes);
        this.run(
          'INSERT INTO parts VALUES (?, ?, ?, ?)',
          name,
          piece,
          part,
          checksumOf(name, `${piece}`, part),
        );
        piece++;
        yield;
      }
    }
  }

  /**
   * A part, in turns.
   *
   * @throws BitryoshkaError `checksum-mismatch`, also for fewer or more bytes than expected
   */
  async readPart(name: string, byteLength?: number, task: TaskOptions = {}): Promise<Uint8Array> {
    const found = this.get<{ length: number; count: number }>(
      'SELECT total(length(bytes)) AS length, count(*) AS count FROM parts WHERE name = ?',
      name,
    );
    const { length, count } = found ?? { length: 0, count: 0 };
    if (byteLength !== undefined && byteLength !== length) {
      throw this.damaged(`the length of ${name}`);
    }
    const bytes = new Uint8Array(length);
    let end = 0;
    for (let piece = 0; piece < count; piece++) {
      await checkpoint(task, { stage: 'load', done: piece, total: count });
      const part = this.get<{ bytes: Uint8Array; checksum: number }>(
        'SELECT bytes, checksum FROM parts WHERE name = ? AND piece = ?',
        name,
        piece,
      );
      const isWhole = part && checksumOf(name, `${piece}`, part.bytes) === part.checksum;
      if (!isWhole || end + part.bytes.length > length) {
        throw this.damaged(`${name}, piece ${piece}`);
      }
      bytes.set(part.bytes, end);
      end += part.bytes.length;
    }
    if (end !== length) throw this.damaged(`the length of ${name}`);
    return bytes;
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

  /** Makes the tables of a file that is empty, and refuses what is no store of this version. */
  #checkKind(mayCreate: boolean): void {
    const read = (name: string) =>
      Number(
        (
          this.#attempt(() => this.#writer.prepare(`PRAGMA ${name}`).get()) as Record<
            string,
            number
          >
        )[name],
      );
    const tables = this.#attempt(
      () =>
        this.#writer.prepare('SELECT count(*) AS count FROM sqlite_master').get() as {
          count: number;
        },
    );
    if (tables.count === 0 && mayCreate) {
      this.#attempt(() => {
        // Before there is anything: it is kept then which pages belong where, and free ones can be given back.
        this.#writer.exec('PRAGMA auto_vacuum = INCREMENTAL');
        this.#writer.exec(
          `BEGIN IMMEDIATE; ${schema} INSERT INTO settings VALUES ('{}', ${checksumOf('{}')}); PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}; COMMIT`,
        );
      });
      return;
    }
    if (read('application_id') !== applicationId) {
      throw failure(
        'invalid-file',
        `${this.path}: got a database of another program`,
        'Name a file that BinaryVectorStore.open has made, or one that is not there.',
      );
    }
    const version = read('user_version');
    if (version === formatVersion) return;
    throw failure(
      'unsupported-version',
      `${this.path}: got version ${version} of the format, expected ${formatVersion}`,
      'Update bitryoshka.',
    );
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

const crc32: (bytes: Uint8Array | string, before: number) => number =
  builtin<{ crc32?: (bytes: Uint8Array | string, before: number) => number }>('node:zlib')?.crc32 ??
  ((bytes, before) =>
    javascriptCrc32(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, before));

/**
 * One checksum of several values, in which none can take the place of another; NaN where damage has made something
 * else of one.
 */
export function checksumOf(...values: readonly (string | Uint8Array)[]): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) return Number.NaN;
    sum = crc32(value, crc32(`${typeof value} ${value.length};`, sum));
  }
  return sum;
}

/** The table of the vectors of a generation. */
export function vectorTable(generation: number): string {
  return generation === 0 ? 'vectors' : `vectors_${generation}`;
}

function sizeOf(value: SqliteValue): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length + 16 : 16;
}

function sqliteError(path: string, cause: unknown): BitryoshkaError {
  if (BitryoshkaError.isInstance(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/no such module: fts5/i.test(reason)) {
    return failure(
      'not-supported',
      `hybrid: got an SQLite without FTS5 for ${path}`,
      'Use Node 22.16 or later, or another driver: better-sqlite3, or DatabaseSync of @photostructure/sqlite.',
      cause,
    );
  }
  if (/malformed|not a database|corrupt/i.test(reason)) {
    return failure(
      'invalid-file',
      `${path}: ${reason}`,
      'Check that this is the right file; if it is, it was damaged: take a copy of before.',
      cause,
    );
  }
  return failure(
    'write-failed',
    `${path}: ${reason}`,
    'Check that the folder is there, can be written to and has room.',
    cause,
  );
}

function failure(
  code: ErrorCode,
  message: string,
  remedy: string,
  cause?: unknown,
): BitryoshkaError {
  return new BitryoshkaError({ code, message: `${message}.`, remedy, cause });
}

function invalidOption(name: string, got: unknown, expected: string): BitryoshkaError {
  return failure(
    'invalid-option',
    `${name}: got ${String(got)}, expected ${expected}`,
    `Correct ${name}.`,
  );
}
