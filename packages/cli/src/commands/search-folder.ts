import { findPassages } from '../library/find-passages.ts';
import type { FolderLibrary } from '../library/folder-library.ts';
import { openLibrary } from '../library/folder-library.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { printPassages } from './print-passages.ts';

export interface SearchFolderOptions {
  readonly k: number;
  readonly model?: string;
  readonly bits?: number;
  readonly index?: string;
  readonly hybrid: boolean;
  readonly json: boolean;
}

/** `bitryoshka search`: the passages of a folder that answer a question. */
export async function searchFolder(
  folder: string,
  question: string,
  { k, model, bits, index, hybrid, json }: SearchFolderOptions,
): Promise<void> {
  const bar = new ProgressBar();
  const library = await openLibrary(folder, {
    model,
    bits,
    hybrid,
    indexFolder: index,
    onProgress: bar.update,
  }).finally(() => bar.stop());
  const found = await findPassages(library.store, question, k);
  if (json) {
    console.log(JSON.stringify(found, undefined, 2));
  } else {
    printLibrary(folder, library);
    printPassages(question, found);
  }
  await closeLibrary(library, bar);
}

/** Once there is an answer: saves what is new, and ends what goes on in the background, or the process would not. */
export async function closeLibrary(library: FolderLibrary, bar: ProgressBar): Promise<void> {
  await library.save().finally(async () => {
    bar.stop();
    await library.store.close();
  });
}

/** What was indexed, and what was left out. */
export function printLibrary(folder: string, library: FolderLibrary): void {
  const { files, passages, filesRead, filesRemoved, skipped, indexFolder } = library;
  const changes = [
    filesRead > 0 && `${filesRead} read anew`,
    filesRemoved > 0 && `${filesRemoved} changed or gone`,
  ].filter(Boolean);
  const summary = changes.length > 0 ? ` (${changes.join(', ')})` : ' (nothing changed)';
  console.error(`${folder}: ${passages} passages of ${files} files${summary}`);
  if (skipped.size > 0) {
    const reasons = [...skipped].map(([reason, count]) => `${count} ${reason}`);
    console.error(`skipped: ${reasons.join(', ')}`);
  }
  console.error(`index: ${indexFolder}`);
}
