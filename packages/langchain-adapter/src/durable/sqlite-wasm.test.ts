import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import { expect, it, vi } from 'vitest';
import type { SqliteWasm, SqliteWasmPool } from './sqlite-wasm.ts';
import { sqliteWasm } from './sqlite-wasm.ts';

const sqlite3 = await sqlite3InitModule();

function withPool(install: () => SqliteWasmPool): SqliteWasm {
  return { version: sqlite3.version, installOpfsSAHPoolVfs: async () => install() };
}

it('has room for the files of stores', async () => {
  let capacity = 6;
  const driver = await sqliteWasm(
    withPool(() => ({
      OpfsSAHPoolDb: sqlite3.oo1.DB,
      getCapacity: () => capacity,
      getFileCount: () => 5,
      addCapacity: async (files) => {
        capacity += files;
        return capacity;
      },
    })),
  );
  expect(capacity).toBe(21);
  expect(driver.isExclusive).toBe(true);
  driver('store.sqlite').close();
});

it('says what is in its way', async () => {
  // Node has no files of an origin.
  await expect(sqliteWasm(sqlite3)).rejects.toMatchObject({ code: 'not-supported' });
  const old = { ...sqlite3, version: { ...sqlite3.version, libVersionNumber: 3053004 } };
  await expect(sqliteWasm(old)).rejects.toThrow(/got 3053004 .* expected 3054000/);
  await expect(sqliteWasm({} as SqliteWasm)).rejects.toMatchObject({ code: 'not-supported' });
});

it('waits for files that another has, but not for long', async () => {
  vi.useFakeTimers();
  try {
    let tries = 0;
    const taken = withPool(() => {
      tries++;
      throw new DOMException('taken', 'NoModificationAllowedError');
    });
    const refused = expect(sqliteWasm(taken)).rejects.toMatchObject({ code: 'write-failed' });
    await vi.runAllTimersAsync();
    await refused;
    expect(tries).toBeGreaterThan(10);
  } finally {
    vi.useRealTimers();
  }
});
