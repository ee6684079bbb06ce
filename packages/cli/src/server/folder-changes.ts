import { collectFiles } from '../folders/collect-files.ts';
import type { FolderChanges } from './api-types.ts';

/** The files of a folder that may hold text, and what changes when they do. */
export type FolderFiles = ReadonlyMap<string, string>;

/** @param indexFolder is left out, where it lies in the folder */
export async function filesOf(path: string, indexFolder: string): Promise<FolderFiles> {
  const { files } = await collectFiles(path, { indexFolder });
  return new Map(files.map((file) => [file.path, file.fingerprint]));
}

export function changesBetween(before: FolderFiles, now: FolderFiles): FolderChanges {
  const known = [...before];
  return {
    changed: known.filter(([path, print]) => now.has(path) && now.get(path) !== print).length,
    gone: known.filter(([path]) => !now.has(path)).length,
    added: [...now.keys()].filter((path) => !before.has(path)).length,
  };
}
