import { BitryoshkaError } from '@bitryoshka/core';

export type SqliteValue = string | number | null | Uint8Array;

export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown;
  /** @returns the first row as an object, or what is no object where there is none */
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
  /** Where numbers beyond those of JavaScript are errors otherwise. */
  setReadBigInts?(isEnabled: boolean): void;
}

/** A connection, as `node:sqlite`, `@photostructure/sqlite` and `better-sqlite3` have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

/**
 * Opens connections: a store needs several to its file. `(file) => new Database(file)` with the class of
 * `better-sqlite3`. Not that of `libsql`: it ends the process where a file is damaged.
 */
export interface SqliteDriver {
  (file: string): SqliteDatabase;
  /** Whether a file has one connection at a time, which nobody else gets then: there is no lock beside it. Default: false. */
  readonly isExclusive?: boolean | undefined;
  /** Whether a file is there, of those that are not in the file system of Node. */
  readonly exists?: ((file: string) => boolean) | undefined;
}

interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => SqliteDatabase;
}

/**
 * SQLite as Node has it, from 22.16 on with words, from 22.13 without.
 *
 * @throws BitryoshkaError `not-supported` where there is none
 */
export function nodeSqlite(): SqliteDriver {
  const sqlite = builtin<NodeSqlite>('node:sqlite');
  if (sqlite) return (file) => new sqlite.DatabaseSync(file);
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'driver: got none, and this runtime has no node:sqlite.',
    remedy:
      'Use Node 22.16 or later, or pass { driver: (file) => new Database(file) } with the class of better-sqlite3, or DatabaseSync of @photostructure/sqlite. In a browser, pass what sqliteWasm makes.',
  });
}

export function fileExists(file: string, driver: SqliteDriver | undefined): boolean {
  const exists = driver?.exists ?? builtin<typeof import('node:fs')>('node:fs')?.existsSync;
  return exists?.(file) ?? false;
}

/** A module of Node, without an import that bundlers for browsers would follow. */
export function builtin<Module>(name: string): Module | undefined {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function')
    return undefined;
  return process.getBuiltinModule(name) as Module | undefined;
}
