import { DatabaseSync } from '@photostructure/sqlite';
import type { SqliteDriver } from './sqlite-driver.ts';
import { builtin, nodeSqlite } from './sqlite-driver.ts';

/** Ways to SQLite, by name: Node's own, where it has one, and the same as a package with its binaries. */
export const drivers: Readonly<Record<string, SqliteDriver>> = {
  ...(builtin('node:sqlite') !== undefined && { 'node:sqlite': nodeSqlite() }),
  '@photostructure/sqlite': (file) => new DatabaseSync(file),
};

export const driver: SqliteDriver = Object.values(drivers)[0] as SqliteDriver;
