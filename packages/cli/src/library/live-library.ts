import type { Progress, TaskOptions } from '@bitryoshka/core';
import { complain } from '../terminal/print.ts';
import type { FolderLibrary, OpenLibraryOptions } from './folder-library.ts';
import { openLibrary } from './folder-library.ts';

/**
 * The library of a folder, for programs that go on while the folder changes: what has changed is read before the
 * library is handed out, and what is new is saved behind it.
 */
export class LiveLibrary {
  readonly folder: string;
  readonly #options: OpenLibraryOptions;
  #library: FolderLibrary | undefined;
  #saved: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<(progress: Progress) => void>();
  /** The last refresh, or its failure; the next one begins after it. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param options those of {@link openLibrary}, without what belongs to one call */
  constructor(folder: string, options: Omit<OpenLibraryOptions, keyof TaskOptions> = {}) {
    this.folder = folder;
    this.#options = options;
  }

  /**
   * The library as the files are now. The one that was handed out before still answers, from what it knew.
   *
   * @throws BitryoshkaError as {@link openLibrary} does
   */
  async current({ signal, onProgress }: TaskOptions = {}): Promise<FolderLibrary> {
    // Who waits for what others have begun is told of that as well.
    if (onProgress) this.#listeners.add(onProgress);
    const refreshed = this.#last.then(() => this.#refresh(signal));
    this.#last = refreshed.catch(() => {});
    try {
      return await refreshed;
    } finally {
      if (onProgress) this.#listeners.delete(onProgress);
    }
  }

  /** Waits until what was handed out is saved. */
  saved(): Promise<void> {
    return this.#saved;
  }

  /** Waits until what is new is saved, and ends what goes on in the background. */
  async close(): Promise<void> {
    await this.#last;
    await this.#saved;
    await this.#library?.store.close();
  }

  async #refresh(signal?: AbortSignal): Promise<FolderLibrary> {
    const before = this.#library;
    if (before) {
      const { changed, gone, added } = await before.changes({ signal });
      if (changed + gone + added === 0) return before;
    }
    // It is opened from what was saved.
    await this.#saved;
    const onProgress = (progress: Progress): void => {
      for (const listener of this.#listeners) listener(progress);
    };
    const library = await openLibrary(this.folder, { ...this.#options, signal, onProgress });
    this.#library = library;
    this.#saved = library.save().catch((error: unknown) => {
      // Nothing is lost: what could not be saved is read again next time.
      complain(`bitryoshka: ${error instanceof Error ? error.message : String(error)}`);
    });
    await before?.store.close();
    return library;
  }
}
