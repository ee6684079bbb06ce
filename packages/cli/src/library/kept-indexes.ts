import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import envPaths from 'env-paths';
import { indexFormat, manifestFile, storeFolder } from '../folders/index-folder.ts';
import type { IndexSubject } from './manifest.ts';
import { parseManifest, toFiles } from './manifest.ts';

/** An index that was kept. */
export interface KeptIndex extends IndexSubject {
  /** The folder that it is of. */
  readonly folder: string;
  readonly files: number;
  readonly passages: number;
  /** Where it is. */
  readonly index: string;
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly savedAt: number;
}

/** What is saved of a store: manifest, data, and the lock of a save. */
const storeFile = /^bitryoshka(?:\.json|\.lock|-[0-9a-f]{16}-[a-z0-9][a-z0-9.-]*)$/;

/** Where indexes are kept that have no place of their own. */
export function cacheFolder(): string {
  return join(envPaths('bitryoshka', { suffix: '' }).cache, 'search');
}

/** The indexes in the cache, the newest first. */
export async function keptIndexes(): Promise<KeptIndex[]> {
  const names = await readdir(cacheFolder()).catch(() => []);
  const read = await Promise.all(names.map((name) => readIndex(join(cacheFolder(), name))));
  return read.filter((kept) => kept !== undefined).sort((a, b) => b.savedAt - a.savedAt);
}

/** The index in a folder; undefined where none was made. */
export async function readIndex(index: string): Promise<KeptIndex | undefined> {
  const path = join(index, manifestFile);
  const saved = await parseManifest(path);
  const about = (saved?.about ?? {}) as IndexSubject;
  if (saved?.format !== indexFormat || typeof about.folder !== 'string') return undefined;
  const withText = [...toFiles(saved.files).values()].filter(({ places }) => places.length > 0);
  const ids = new Set(withText.flatMap(({ places }) => places.map(({ id }) => id)));
  try {
    const sizes = (await indexFiles(index)).map(async (name) => (await stat(name)).size);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    const savedAt = (await stat(path)).mtimeMs;
    return {
      ...about,
      folder: about.folder,
      files: withText.length,
      passages: ids.size,
      index,
      bytes,
      savedAt,
    };
  } catch {
    // Somebody has just removed it.
    return undefined;
  }
}

/**
 * Removes an index. Whatever else lies in its folder stays.
 *
 * @throws BitryoshkaError `write-failed`
 */
export async function removeIndex({ index }: KeptIndex): Promise<void> {
  try {
    // The list of files comes last: what is left after a failure is still known to be an index.
    for (const path of await indexFiles(index)) await rm(path);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${index}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check the permissions of the folder, and remove it by hand.',
      cause,
    });
  }
  // They stay where others have put something.
  for (const folder of [join(index, storeFolder), index]) await rmdir(folder).catch(() => {});
}

async function indexFiles(index: string): Promise<string[]> {
  const store = join(index, storeFolder);
  const names = await readdir(store).catch(() => []);
  const stored = names.filter((name) => storeFile.test(name)).map((name) => join(store, name));
  return [...stored, join(index, manifestFile)];
}
