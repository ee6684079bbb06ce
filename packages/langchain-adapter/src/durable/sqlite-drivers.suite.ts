import { createRequire } from 'node:module';
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.ts';
import { builtin, nodeSqlite } from './sqlite-driver.ts';

/** Ways to SQLite that are there, by name. */
export const drivers: Readonly<Record<string, SqliteDriver>> = {
  ...(builtin('node:sqlite') !== undefined && { 'node:sqlite': nodeSqlite() }),
  ...betterSqlite(),
};

/** One of them; stores cannot be opened where there is none. */
export const driver: SqliteDriver | undefined = Object.values(drivers)[0];

/** It has to be compiled on some machines, and may be missing. */
function betterSqlite(): Record<string, SqliteDriver> {
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3') as new (
      file: string,
    ) => SqliteDatabase;
    new Database(':memory:').close();
    return { 'better-sqlite3': (file) => new Database(file) };
  } catch {
    return {};
  }
}
