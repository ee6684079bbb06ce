import { BitryoshkaError } from '@bitryoshka/core';
import type {
  SqliteDatabase,
  SqliteDriver,
  SqliteStatement,
  SqliteValue,
} from './sqlite-driver.ts';

/** The part of a statement of `@sqlite.org/sqlite-wasm` that stores use. */
interface WasmStatement {
  bind(values: SqliteValue[]): unknown;
  step(): boolean;
  get(row: Record<string, unknown>): unknown;
  reset(): unknown;
}

/** The part of its databases. */
interface WasmDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): WasmStatement;
  /** Of its statements as well. */
  close(): unknown;
}

/** @param flags `c` makes a file that is not there, `w` does not */
export type WasmDatabaseClass = new (file: string, flags?: string) => WasmDatabase;

/** Files with a connection: the file systems of WebAssembly builds have no locks. */
const openFiles = new WeakMap<WasmDatabaseClass, Set<string>>();

/** Opens files by a WebAssembly build of SQLite, each of them once at a time. */
export function wasmDriver(Database: WasmDatabaseClass): SqliteDriver {
  const taken = openFiles.get(Database) ?? new Set<string>();
  openFiles.set(Database, taken);
  const open = (file: string): SqliteDatabase => {
    const path = pathOf(file);
    if (taken.has(path)) {
      throw new BitryoshkaError({
        code: 'write-failed',
        message: `${file}: got a file that another store writes to.`,
        remedy: 'Close that store.',
      });
    }
    const database = new Database(path, 'c');
    taken.add(path);
    // Without memory that connections share, there is a log for one of them alone.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => statementOf(database.prepare(sql)),
      close: () => {
        database.close();
        taken.delete(path);
      },
    };
  };
  const exists = (file: string): boolean => {
    const path = pathOf(file);
    if (taken.has(path)) return true;
    try {
      new Database(path, 'w').close();
      return true;
    } catch {
      return false;
    }
  };
  return Object.assign(open, { isExclusive: true, exists });
}

function statementOf(statement: WasmStatement): SqliteStatement {
  function withRows<T>(values: SqliteValue[], take: () => T): T {
    try {
      if (values.length > 0) statement.bind(values);
      return take();
    } finally {
      statement.reset();
    }
  }
  const row = () => {
    const found: Record<string, unknown> = {};
    statement.get(found);
    for (const [name, value] of Object.entries(found)) {
      if (typeof value === 'bigint') throw beyondNumbers(name, value);
    }
    return found;
  };
  return {
    run: (...values) =>
      withRows(values, () => {
        while (statement.step()) {}
      }),
    get: (...values) => withRows(values, () => (statement.step() ? row() : undefined)),
    all: (...values) =>
      withRows(values, () => {
        const rows: unknown[] = [];
        while (statement.step()) rows.push(row());
        return rows;
      }),
  };
}

/** Absolute, as these file systems want it. */
function pathOf(file: string): string {
  return new URL(file, 'file://localhost/').pathname;
}

/** No store writes such integers. */
function beyondNumbers(name: string, value: bigint): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${name}: got ${value}, expected an integer that is a number of JavaScript.`,
    remedy: 'The file was damaged: take a copy of before, or recover what is whole.',
  });
}
