import { BitryoshkaError } from '@bitryoshka/core';
import type { FolderLibrary } from '../library/folder-library.ts';
import { countReasons } from '../library/folder-library.ts';
import { readIndex } from '../library/kept-indexes.ts';
import { countOf, formatBytes } from '../terminal/format.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, print, printJson } from '../terminal/print.ts';
import { interruptedTold } from './interrupted-told.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { closeFolder, openFolder } from './opened-folder.ts';

export interface IndexFoldersOptions extends LibraryFlags {
  readonly json: boolean;
}

/** What became of a folder, as `--json` prints it. */
interface IndexedFolder {
  readonly folder: string;
  readonly index: string;
  readonly files: number;
  readonly passages: number;
  readonly filesRead: number;
  readonly filesRemoved: number;
  readonly skipped: FolderLibrary['skipped'];
  readonly bytes: number;
  readonly seconds: number;
}

/** `bitryoshka index`: makes the indexes of folders, or brings them up to date, and asks nothing. */
export async function indexFolders(
  folders: readonly string[],
  { json, ...flags }: IndexFoldersOptions,
): Promise<void> {
  if (flags.index !== undefined && folders.length > 1) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `--index: got one place for ${folders.length} folders, expected one folder.`,
      remedy: 'Index one folder at a time, or leave it out.',
    });
  }
  const isInterrupted = await interruptible(async (signal) => {
    const done: IndexedFolder[] = [];
    for (const folder of folders) {
      const start = performance.now();
      const opened = await openFolder(folder, libraryOptions(flags), signal);
      await closeFolder(opened);
      const seconds = (performance.now() - start) / 1000;
      const indexed = await describe(folder, opened.library, seconds);
      done.push(indexed);
      if (!json) printIndexed(indexed);
    }
    if (json) printJson(done);
  });
  if (isInterrupted) complain(interruptedTold);
}

async function describe(
  folder: string,
  { indexFolder: index, files, passages, filesRead, filesRemoved, skipped }: FolderLibrary,
  seconds: number,
): Promise<IndexedFolder> {
  const bytes = (await readIndex(index))?.bytes ?? 0;
  return {
    folder,
    index,
    files,
    passages,
    filesRead,
    filesRemoved,
    skipped,
    bytes,
    seconds,
  };
}

function printIndexed(indexed: IndexedFolder): void {
  const { folder, index, files, passages, filesRead, filesRemoved, skipped, bytes } = indexed;
  const changes = [
    filesRead > 0 && `${filesRead} read`,
    filesRemoved > 0 && `${filesRemoved} changed or gone`,
  ].filter(Boolean);
  print(`${folder}: ${countOf(passages, 'passage')} of ${countOf(files, 'file')}`);
  print(`  ${changes.join(', ') || 'nothing changed'}, in ${indexed.seconds.toFixed(1)} s`);
  if (skipped.length > 0) print(`  skipped: ${countReasons(skipped)}`);
  print(`  index: ${index}, ${formatBytes(bytes)}`);
}
