import type { TaskOptions } from '@bitryoshka/core';
import type { LiveFolder } from '../library/live-folders.ts';
import { ServedCollection } from './served-collection.ts';
import type { ServedFolder } from './served-passages.ts';
import { SharedTask } from './shared-task.ts';

/** Folders as they were read last, until they are read again. */
export class ServedFolders {
  readonly #folders: readonly LiveFolder[];
  #collection: ServedCollection;
  #reading: SharedTask<void> | undefined;

  private constructor(folders: readonly LiveFolder[], collection: ServedCollection) {
    this.#folders = folders;
    this.#collection = collection;
  }

  /** @throws BitryoshkaError as `openLibrary`; nothing stays open then */
  static async open(
    folders: readonly LiveFolder[],
    task: TaskOptions = {},
  ): Promise<ServedFolders> {
    try {
      const collection = await ServedCollection.of(await readAll(folders, task), task);
      return new ServedFolders(folders, collection);
    } catch (cause) {
      await closeAll(folders);
      throw cause;
    }
  }

  get collection(): ServedCollection {
    return this.#collection;
  }

  /** Reads what has changed, once for all who ask meanwhile. */
  refresh(signal: AbortSignal): Promise<void> {
    this.#reading ??= new SharedTask((all) =>
      this.#readAgain(all).finally(() => {
        this.#reading = undefined;
      }),
    );
    return this.#reading.result(signal);
  }

  /** Waits until what is new is saved. */
  async close(): Promise<void> {
    await closeAll(this.#folders);
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    const read = await readAll(this.#folders, { signal });
    // What was learned of them stays.
    const { folders } = this.#collection;
    if (read.every(({ library }, i) => library === folders[i]?.library)) return;
    this.#collection = await ServedCollection.of(read, { signal });
  }
}

async function readAll(folders: readonly LiveFolder[], task: TaskOptions): Promise<ServedFolder[]> {
  const read: ServedFolder[] = [];
  for (const { name, library } of folders) {
    read.push({ name, path: library.folder, library: await library.current(task) });
  }
  return read;
}

async function closeAll(folders: readonly LiveFolder[]): Promise<void> {
  for (const { library } of folders) await library.close();
}
