import type { CollectOptions } from '../folders/collect-files.ts';
import { findPassages } from '../library/find-passages.ts';
import type { FolderLibrary } from '../library/folder-library.ts';
import { countReasons, openLibrary } from '../library/folder-library.ts';
import { complain, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { stripToLine } from '../terminal/strip-controls.ts';
import { printPassages } from './print-passages.ts';

export interface SearchFolderOptions {
  readonly k: number;
  readonly model?: string;
  readonly bits?: number;
  readonly index?: string;
  readonly include?: string[];
  readonly exclude?: string[];
  readonly ignore: boolean;
  /** MiB. */
  readonly maxSize?: number;
  readonly hybrid: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** `bitryoshka search`: the passages of a folder that answer a question. */
export async function searchFolder(
  folder: string,
  question: string,
  { k, model, bits, index, hybrid, verbose, json, ...files }: SearchFolderOptions,
): Promise<void> {
  const bar = new ProgressBar();
  const library = await openLibrary(folder, {
    model,
    bits,
    hybrid,
    indexFolder: index,
    collect: collectOptions(files),
    onProgress: bar.update,
  }).finally(() => bar.stop());
  const found = await findPassages(library, question, k);
  if (json) printJson(found);
  if (!json || verbose) printLibrary(folder, library, { verbose });
  if (!json) printPassages(question, found);
  await closeLibrary(library, bar);
}

/** Only what is asked for: it names the index. */
function collectOptions({
  include,
  exclude,
  ignore,
  maxSize,
}: Pick<SearchFolderOptions, 'include' | 'exclude' | 'ignore' | 'maxSize'>): CollectOptions {
  return {
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(!ignore && { ignore }),
    ...(maxSize !== undefined && { maximumBytes: Math.round(maxSize * 1024 * 1024) }),
  };
}

/** Once there is an answer: saves what is new, and ends what goes on in the background, or the process would not. */
export async function closeLibrary(library: FolderLibrary, bar: ProgressBar): Promise<void> {
  await library.save().finally(async () => {
    bar.stop();
    await library.store.close();
  });
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
  complain(`${folder}: ${passages} passages of ${files} files${summary}`);
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
