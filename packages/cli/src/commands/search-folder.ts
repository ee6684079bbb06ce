import { findPassages } from '../library/find-passages.ts';
import { fitsNothing } from '../library/fits-nothing.ts';
import type { FolderLibrary } from '../library/folder-library.ts';
import { countReasons } from '../library/folder-library.ts';
import { countOf } from '../terminal/format.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, printJson } from '../terminal/print.ts';
import { stripToLine } from '../terminal/strip-controls.ts';
import { askMany } from './ask-many.ts';
import { interruptedTold } from './interrupted-told.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { closeFolder, openFolder } from './opened-folder.ts';
import { printNothingFits, printPassages } from './print-passages.ts';

export interface SearchFolderOptions extends LibraryFlags {
  readonly k: number;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** `bitryoshka search`: the passages of a folder that answer a question, or several. */
export async function searchFolder(
  folder: string,
  question: string | undefined,
  { k, verbose, json, ...flags }: SearchFolderOptions,
): Promise<void> {
  let isIndexed = false;
  const isInterrupted = await interruptible(async (signal) => {
    const opened = await openFolder(folder, libraryOptions(flags), signal);
    const { library } = opened;
    isIndexed = true;
    if (!json || verbose) printLibrary(folder, library, { verbose });
    const answer = async (asked: string): Promise<void> => {
      const found = await findPassages(library, asked, k);
      if (json) printJson(found);
      else if (await fitsNothing(library, asked, found)) printNothingFits(found);
      else printPassages(asked, found);
    };
    if (question !== undefined) await answer(question);
    await closeFolder(opened);
    if (question === undefined) await askMany(answer, signal);
  });
  if (isInterrupted && !isIndexed) complain(interruptedTold);
}

/** What was indexed, and what was left out: how many for each reason, or each of them. */
export function printLibrary(
  folder: string,
  library: FolderLibrary,
  { verbose = false }: { readonly verbose?: boolean } = {},
): void {
  const { files, passages, filesRead, filesRemoved, skipped, indexFolder } = library;
  const changes = [
    filesRead > 0 && `${filesRead} read anew`,
    filesRemoved > 0 && `${filesRemoved} changed or gone`,
  ].filter(Boolean);
  const summary = changes.length > 0 ? ` (${changes.join(', ')})` : ' (nothing changed)';
  complain(`${folder}: ${countOf(passages, 'passage')} of ${countOf(files, 'file')}${summary}`);
  if (verbose)
    for (const { path, reason } of skipped) complain(`skipped: ${stripToLine(path)}: ${reason}`);
  else if (skipped.length > 0) complain(`skipped: ${countReasons(skipped)}`);
  const missing = skipped.map(({ reason }) => /(\w+) is not installed$/.exec(reason)?.[1]);
  const names = [...new Set(missing.filter((name) => name !== undefined))];
  if (names.length > 0) {
    complain(`To read these, too: npm install --global bitryoshka ${names.join(' ')}`);
  }
  complain(`index: ${indexFolder}`);
}
