import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import type { SqliteDatabase, SqliteDriver } from '@bitryoshka/langchain';
import type { SqliteDatabase as MigratedDatabase } from '@bitryoshka/langchain/migrate';

/** What is used of a database of better-sqlite3 or `node:sqlite`. */
export type OpenedDatabase = MigratedDatabase &
  SqliteDatabase & { loadExtension(path: string): void };

interface SqliteModule {
  readonly DatabaseSync: DatabaseClass;
}

/** Libraries take options of their own names. */
type Open = (file: string, options?: { readonly isReadOnly?: boolean }) => OpenedDatabase;
type DatabaseClass = new (file: string, options?: object) => OpenedDatabase;

/**
 * Opens a file to read, with the libraries of the current folder: better-sqlite3, or else that of Node, and sqlite-vec
 * where it is installed.
 *
 * @param options `vectors`: whether sqlite-vec is wanted. Default: true
 * @throws BitryoshkaError `not-supported` without either library, `invalid-file` for what is no database
 */
export async function openSqlite(
  file: string,
  { vectors = true }: { readonly vectors?: boolean } = {},
): Promise<OpenedDatabase> {
  const requireHere = createRequire(join(process.cwd(), 'package.json'));
  const open = await findSqlite(file, requireHere);
  let database: OpenedDatabase | undefined;
  try {
    database = open(file, { isReadOnly: true });
    const extension = vectors ? vectorExtension(requireHere) : undefined;
    if (extension !== undefined) database.loadExtension(extension);
    return database;
  } catch (cause) {
    database?.close();
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check that the database can be opened by others.',
      cause,
    });
  }
}

/**
 * What opens the file of a store, with the same libraries.
 *
 * @throws BitryoshkaError `not-supported` without either
 */
export async function sqliteDriver(file: string): Promise<SqliteDriver> {
  const open = await findSqlite(file, createRequire(join(process.cwd(), 'package.json')));
  return (path) => open(path);
}

async function findSqlite(file: string, requireHere: NodeJS.Require): Promise<Open> {
  const open = betterSqlite(requireHere) ?? (await nodeSqlite()) ?? packagedSqlite(requireHere);
  if (open) return open;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `${file}: got a SQLite database and no library that reads it, expected one.`,
    remedy:
      'Use Node 22.16 or later, or run npm install @photostructure/sqlite or better-sqlite3 in the current folder; stores of sqlite-vec take sqlite-vec besides.',
  });
}

function betterSqlite(requireHere: NodeJS.Require): Open | undefined {
  try {
    const Database = requireHere('better-sqlite3') as DatabaseClass;
    // It may have been built for another version of Node, which shows when it is used.
    new Database(':memory:').close();
    return (file, { isReadOnly = false } = {}) => new Database(file, { readonly: isReadOnly });
  } catch {
    return undefined;
  }
}

async function nodeSqlite(): Promise<Open | undefined> {
  // Not known to the oldest version of Node that is supported.
  const name = 'node:sqlite';
  try {
    return openerOf((await import(name)) as SqliteModule);
  } catch {
    return undefined;
  }
}

/** That of Node as a package, for older versions. */
function packagedSqlite(requireHere: NodeJS.Require): Open | undefined {
  try {
    return openerOf(requireHere('@photostructure/sqlite') as SqliteModule);
  } catch {
    return undefined;
  }
}

function openerOf({ DatabaseSync }: SqliteModule): Open {
  return (file, { isReadOnly = false } = {}) =>
    new DatabaseSync(file, { readOnly: isReadOnly, allowExtension: isReadOnly });
}

/** @returns undefined where sqlite-vec is not installed: tables need not be its own */
function vectorExtension(requireHere: NodeJS.Require): string | undefined {
  try {
    return (requireHere('sqlite-vec') as { getLoadablePath(): string }).getLoadablePath();
  } catch {
    return undefined;
  }
}
