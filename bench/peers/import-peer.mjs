import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const requirePeer = createRequire(join(folder, 'package.json'));

/**
 * A library that is installed here, or in the workspace.
 *
 * @param {string} name
 * @param {string} [user] another library, to get the one that it uses
 * @returns {Promise<any>} undefined where it is missing, or does not work on this machine
 */
export async function importPeer(name, user) {
  try {
    const { resolve } = user ? createRequire(requirePeer.resolve(user)) : requirePeer;
    return await import(pathToFileURL(resolve(name)).href);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} name
 * @returns {string}
 */
export function versionOfPeer(name) {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
