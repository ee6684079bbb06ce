import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { replaceFile } from '@bitryoshka/core/node';
import envPaths from 'env-paths';

/** What is written beside an index, so that others know whose it is. */
export interface IndexRecord {
  /** The folder that it is of. */
  readonly folder: string;
  readonly files: number;
  readonly passages: number;
  /** Default: the bundled one. */
  readonly model?: string;
  readonly bits?: number;
}

/** An index that was kept. */
export interface KeptIndex extends IndexRecord {
  /** Where it is. */
  readonly index: string;
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly savedAt: number;
}

const recordName = 'bitryoshka-folder.json';
const recordFormat = 'bitryoshka-folder';

/** What is saved beside the record: manifest, data, and the lock of a save. */
const indexFile = /^bitryoshka(?:\.json|\.lock|-folder\.json|-[0-9a-f]{16}-[a-z0-9][a-z0-9.-]*)$/;

/** Where indexes are kept that have no place of their own. */
export function cacheFolder(): string {
  return envPaths('bitryoshka', { suffix: '' }).cache;
}

export async function recordIndex(index: string, record: IndexRecord): Promise<void> {
  const text = JSON.stringify({ format: recordFormat, version: 1, ...record }, undefined, 2);
  await replaceFile(join(index, recordName), new TextEncoder().encode(`${text}\n`));
}

/** The indexes in the cache, the newest first. */
export async function keptIndexes(): Promise<KeptIndex[]> {
  const names = await readdir(cacheFolder()).catch(() => []);
  const read = await Promise.all(names.map((name) => readIndex(join(cacheFolder(), name))));
  return read.filter((kept) => kept !== undefined).sort((a, b) => b.savedAt - a.savedAt);
}

/** The index in a folder; undefined where none was recorded. */
export async function readIndex(index: string): Promise<KeptIndex | undefined> {
  try {
    const path = join(index, recordName);
    const { format, version, ...record } = JSON.parse(await readFile(path, 'utf8')) as IndexRecord &
      Record<'format' | 'version', unknown>;
    if (format !== recordFormat || version !== 1 || typeof record.folder !== 'string')
      return undefined;
    const sizes = (await indexFiles(index)).map(
      async (name) => (await stat(join(index, name))).size,
    );
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { ...record, index, bytes, savedAt: (await stat(path)).mtimeMs };
  } catch {
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
    // The record last: what is left after a failure is still known to be an index.
    const names = (await indexFiles(index)).filter((name) => name !== recordName);
    for (const name of [...names, recordName]) await rm(join(index, name));
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${index}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check the permissions of the folder, and remove it by hand.',
      cause,
    });
  }
  // It stays where others have put something.
  await rmdir(index).catch(() => {});
}

async function indexFiles(index: string): Promise<string[]> {
  return (await readdir(index)).filter((name) => indexFile.test(name));
}
