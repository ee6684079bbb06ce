import { DatabaseSync } from '@photostructure/sqlite';
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import type { SqliteDriver } from './sqlite-driver.ts';
import { builtin, nodeSqlite } from './sqlite-driver.ts';
import { wasmDriver } from './wasm-driver.ts';

/** Ways to SQLite, by name: Node's own, where it has one, and the same as a package with its binaries. */
export const drivers: Readonly<Record<string, SqliteDriver>> = {
  ...(builtin('node:sqlite') !== undefined && { 'node:sqlite': nodeSqlite() }),
  '@photostructure/sqlite': (file) => new DatabaseSync(file),
};

export const driver: SqliteDriver = Object.values(drivers)[0] as SqliteDriver;

const { oo1 } = await sqlite3InitModule();
const inMemory = wasmDriver(oo1.DB);
const flat = (file: string) => file.replaceAll('/', '-');

/** What browsers have: a WebAssembly build, with one connection to a file. Its files are in memory, in one folder. */
export const wasm: SqliteDriver = Object.assign((file: string) => inMemory(flat(file)), {
  isExclusive: true,
  exists: (file: string) => inMemory.exists?.(flat(file)) ?? false,
});
