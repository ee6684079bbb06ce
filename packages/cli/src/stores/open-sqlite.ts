import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import type { SqliteDatabase } from '@bitryoshka/langchain/migrate';

/** What is used of a database of better-sqlite3 or `node:sqlite`. */
export interface OpenedDatabase extends SqliteDatabase {
  loadExtension(path: string): void;
  close(): void;
}

type Open = (file: string) => OpenedDatabase;
type DatabaseClass = new (file: string, options?: object) => OpenedDatabase;

/**
 * Opens a file to read, with the libraries of the current folder: better-sqlite3, or else that of Node, and sqlite-vec
 * where it is installed.
 *
 * @throws BitryoshkaError `not-supported` without either library, `invalid-file` for what is no database
 */
export async function openSqlite(file: string): Promise<OpenedDatabase> {
  const requireHere = createRequire(join(process.cwd(), 'package.json'));
  const open = betterSqlite(requireHere) ?? (await nodeSqlite());
  if (!open) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `${file}: got a SQLite database and no library that reads it, expected one.`,
      remedy: 'Run npm install better-sqlite3 sqlite-vec in the current folder, or use Node 22.13.',
    });
  }
  let database: OpenedDatabase | undefined;
  try {
    database = open(file);
    const extension = vectorExtension(requireHere);
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

function betterSqlite(requireHere: NodeJS.Require): Open | undefined {
  try {
    const Database = requireHere('better-sqlite3') as DatabaseClass;
    // It may have been built for another version of Node, which shows when it is used.
    new Database(':memory:').close();
    return (file) => new Database(file, { readonly: true });
  } catch {
    return undefined;
  }
}

async function nodeSqlite(): Promise<Open | undefined> {
  // Not known to the oldest version of Node that is supported.
  const name = 'node:sqlite';
  try {
    const { DatabaseSync } = (await import(name)) as { DatabaseSync: DatabaseClass };
    return (file) => new DatabaseSync(file, { readOnly: true, allowExtension: true });
  } catch {
    return undefined;
  }
}

/** @returns undefined where sqlite-vec is not installed: tables need not be its own */
function vectorExtension(requireHere: NodeJS.Require): string | undefined {
  try {
    return (requireHere('sqlite-vec') as { getLoadablePath(): string }).getLoadablePath();
  } catch {
    return undefined;
  }
}
