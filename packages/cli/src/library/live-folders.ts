import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { OpenLibraryOptions } from './folder-library.ts';
import { folderNames } from './folder-names.ts';
import { LiveLibrary } from './live-library.ts';

/** A folder among those that are searched together. */
export interface LiveFolder {
  /** As it is called in answers: its last part, and a number where others are called so, too. */
  readonly name: string;
  readonly library: LiveLibrary;
}

/**
 * Folders that are searched together, each read when it is first asked for. One under two names is one.
 *
 * @param options of each; `indexFolder` is that of the only folder, or has one folder in it for each
 * @throws BitryoshkaError `file-not-found` for what is no folder
 */
export async function liveFolders(
  folders: readonly string[],
  { indexFolder, ...options }: Omit<OpenLibraryOptions, keyof TaskOptions> = {},
): Promise<LiveFolder[]> {
  const paths = new Map<string, string>();
  for (const folder of folders) {
    const stats = await stat(folder).catch(() => undefined);
    if (!stats?.isDirectory()) {
      throw new BitryoshkaError({
        code: 'file-not-found',
        message: `${folder}: got ${stats ? 'a file' : 'nothing'}, expected a folder.`,
        remedy: 'Check the path.',
      });
    }
    paths.set(await realpath(folder), resolve(folder));
  }
  return Array.from(folderNames(paths.values()), ([path, name]) => {
    const own = indexFolder && (paths.size > 1 ? join(indexFolder, name) : indexFolder);
    return { name, library: new LiveLibrary(path, { ...options, indexFolder: own }) };
  });
}
