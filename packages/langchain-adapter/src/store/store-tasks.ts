import type { TaskOptions } from '@bitryoshka/core';
import { unlessAborted } from '@bitryoshka/core/internal';
import type { StoreContents } from './store-contents.ts';
import { TaskQueue } from './task-queue.ts';

/** What a store does: changes, one after the other, and behind them, in the background, what keeps its file in order. */
export class StoreTasks {
  readonly #contents: StoreContents;
  readonly #changes: TaskQueue = new TaskQueue();
  /** What failed last in the background. */
  #failure: { readonly cause: unknown } | undefined;
  #isClosed = false;

  constructor(contents: StoreContents) {
    this.#contents = contents;
  }

  /** Whether nothing is to be begun in the background any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes a change when all before are made; `signal` aborts the waiting. */
  change<T>(change: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#changes.run(change, signal);
  }

  /** Waits for all changes that were asked for. */
  changesMade(signal?: AbortSignal): Promise<void> {
    return this.#changes.run(() => undefined, signal);
  }

  /** Writes what the index is now, and lets go of what is left of documents that are gone. */
  tidyLater(): void {
    const { durable, index } = this.#contents;
    if (!durable || !index || this.#isClosed || index.isAdapting) return;
    this.change(async () => {
      const current = this.#contents.index;
      if (!current || this.#isClosed) return;
      await durable.index.persist(current);
      if (!current.isAdapting) await durable.index.collect(current);
    }).catch((cause: unknown) => {
      this.#failure = { cause };
    });
  }

  /** As `settled` of the store. */
  async settled(): Promise<void> {
    await this.changesMade();
    await this.#contents.index?.settled();
    // What that was is written.
    await this.changesMade();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.cause;
  }

  /** As `compact` of the store. */
  async compact(task: TaskOptions): Promise<void> {
    const contents = this.#contents;
    const { durable } = contents;
    durable?.file.checkWritable();
    // Whoever waits for what goes on is told of what fails in it.
    const settled = contents.index?.settled().catch((cause: unknown) => {
      this.#failure = { cause };
    });
    await unlessAborted(Promise.resolve(settled), task.signal);
    await this.change(async () => {
      if (contents.index) await durable?.index.compact(contents.index, task);
    }, task.signal);
  }

  /** As `close` of the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { index, durable } = this.#contents;
    index?.close();
    if (durable) await this.change(() => durable.close());
  }
}
