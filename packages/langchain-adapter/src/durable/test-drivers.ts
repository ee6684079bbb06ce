import Database from 'libsql';
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.ts';
import { builtin, nodeSqlite } from './sqlite-driver.ts';

/** Ways to SQLite that are there, by name. */
export const drivers: Readonly<Record<string, SqliteDriver>> = {
  libsql: (file) => new Database(file) as unknown as SqliteDatabase,
  ...(builtin('node:sqlite') !== undefined && { 'node:sqlite': nodeSqlite() }),
};

/** The quickest of them. */
export const driver: SqliteDriver = drivers['node:sqlite'] ?? (drivers.libsql as SqliteDriver);
