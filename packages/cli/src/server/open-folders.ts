import { join, resolve } from 'node:path';
import type { TaskOptions } from '@bitryoshka/core';
import { openLibrary } from '../library/folder-library.ts';
import { folderNames } from '../library/folder-names.ts';
import { filesOf } from './folder-changes.ts';
import type { ServedFolder } from './served-passages.ts';

export interface OpenFoldersOptions extends TaskOptions {
  readonly model?: string | undefined;
  /** Where indexes are kept: that of the only folder, or one folder in it for each. Default: the user's cache. */
  readonly index?: string | undefined;
}

/**
 * Opens the indexes of folders, one after the other.
 *
 * @throws BitryoshkaError as `openLibrary`; those that were opened are closed then
 */
export async function openFolders(
  paths: readonly string[],
  { index, model, ...task }: OpenFoldersOptions,
): Promise<ServedFolder[]> {
  const folders: ServedFolder[] = [];
  try {
    for (const [path, name] of folderNames(new Set(paths.map((path) => resolve(path))))) {
      const readAt = Date.now();
      const indexFolder = index && (paths.length > 1 ? join(index, name) : index);
      const library = await openLibrary(path, { model, indexFolder, ...task });
      const files = await filesOf(path, library.indexFolder);
      folders.push({ name, path, library, files, readAt });
    }
    return folders;
  } catch (cause) {
    await closeFolders(folders);
    throw cause;
  }
}

export async function closeFolders(folders: readonly ServedFolder[]): Promise<void> {
  for (const { library } of folders) await library.store.close();
}
