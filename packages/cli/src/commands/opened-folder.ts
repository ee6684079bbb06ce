import type { TaskOptions } from '@bitryoshka/core';
import type { FolderLibrary, OpenLibraryOptions } from '../library/folder-library.ts';
import { openLibrary } from '../library/folder-library.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

/** A folder whose index is up to date, and the bar that shows what goes on with it. */
export interface OpenedFolder {
  readonly library: FolderLibrary;
  readonly bar: ProgressBar;
  /** Of what is done with it: a signal, and the bar's progress. */
  readonly task: TaskOptions;
}

/** @throws BitryoshkaError as {@link openLibrary} does */
export async function openFolder(
  folder: string,
  options: OpenLibraryOptions,
  signal: AbortSignal,
): Promise<OpenedFolder> {
  const bar = new ProgressBar();
  const task = { signal, onProgress: bar.update };
  const library = await openLibrary(folder, { ...options, ...task }).finally(() => bar.stop());
  return { library, bar, task };
}

/** Once there is an answer: saves what is new, and ends what goes on in the background, or the process would not. */
export async function closeFolder({
  library,
  bar,
}: Pick<OpenedFolder, 'library' | 'bar'>): Promise<void> {
  await library.save().finally(async () => {
    bar.stop();
    await library.store.close();
  });
}
