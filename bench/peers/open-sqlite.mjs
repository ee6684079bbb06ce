import { importPeer } from './import-peer.mjs';

/**
 * What both libraries have.
 *
 * @typedef {object} Database
 * @property {(sql: string) => void} exec
 * @property {(sql: string) => Statement} prepare
 * @property {(path: string) => void} loadExtension
 * @property {() => void} close
 *
 * @typedef {object} Statement
 * @property {(...values: unknown[]) => unknown} run
 * @property {(...values: unknown[]) => unknown} get
 * @property {(...values: unknown[]) => unknown[]} all
 * @property {() => Iterable<unknown>} iterate
 */

/**
 * A database in memory, or in a file, with sqlite-vec: by better-sqlite3, or else by Node from 22.13 on.
 *
 * @param {string} [file]
 * @returns {Promise<Database>} throws where there is neither, as `hasSqlite` says
 */
export async function openSqlite(file = ':memory:') {
  const extension = await importPeer('sqlite-vec');
  const database = (await openBetter(file)) ?? (await openNode(file));
  if (!extension || !database)
    throw new Error('sqlite-vec, and better-sqlite3 or Node 22.13: got none.');
  database.loadExtension(extension.getLoadablePath());
  return database;
}

async function openBetter(file) {
  const library = await importPeer('better-sqlite3');
  try {
    return library && new library.default(file);
  } catch {
    // Built for another version of Node.
    return undefined;
  }
}

async function openNode(file) {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(file, { allowExtension: true });
  } catch {
    return undefined;
  }
}

export const hasSqlite = await openSqlite().then(
  (database) => {
    database.close();
    return true;
  },
  () => false,
);
