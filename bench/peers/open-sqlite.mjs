import { importPeer } from './import-peer.mjs';

/**
 * A database in memory, or in a file, with sqlite-vec: by better-sqlite3, or else by Node from 22.13 on.
 *
 * @param {string} [file]
 * @returns {Promise<any>} undefined where there is neither
 */
export async function openSqlite(file = ':memory:') {
  const extension = await importPeer('sqlite-vec');
  const database = (await openBetter(file)) ?? (await openNode(file));
  if (!extension || !database) return undefined;
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
