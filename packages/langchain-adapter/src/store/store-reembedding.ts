import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { DocumentTable } from '../documents/document-table.ts';
import { Reembedding } from './reembedding.ts';
import type { StoreContents } from './store-contents.ts';
import type { StoreFits } from './store-fits.ts';
import type { StoreModel } from './store-model.ts';
import { fingerprintOf } from './store-model.ts';
import type { LastingOptions } from './store-options.ts';
import type { StoreTasks } from './store-tasks.ts';

/** What is embedded anew. */
interface ReembeddedStore {
  readonly contents: StoreContents;
  readonly tasks: StoreTasks;
  readonly fits: StoreFits;
  readonly model: StoreModel;
}

/** What is to embed all documents anew. */
interface NextModel {
  readonly embeddings: EmbeddingsInterface;
  /** Its fingerprint, where it has one and that is known. */
  fingerprint: string | undefined;
}

/** What was done when it failed, in memory. */
interface Interrupted {
  readonly reembedding: Reembedding;
  readonly model: string;
  readonly dimensions: number | undefined;
}

/** Puts what another model makes of a store's documents in the place of its vectors. */
export class StoreReembedding {
  readonly #store: ReembeddedStore;
  readonly #options: LastingOptions;
  /** While it goes on. */
  #current: Reembedding | undefined;
  #interrupted: Interrupted | undefined;

  constructor(store: ReembeddedStore, options: LastingOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** As `reembed` of the store. */
  async reembed(embeddings: EmbeddingsInterface, task: TaskOptions): Promise<void> {
    const { contents, tasks } = this.#store;
    if (this.#current) throw isReembedded();
    contents.durable?.file.checkWritable();
    const { signal } = task;
    signal?.throwIfAborted();
    const next: NextModel = { embeddings, fingerprint: undefined };
    const reembedding = this.#begin(next);
    this.#current = reembedding;
    try {
      next.fingerprint = await fingerprintOf(embeddings);
      await this.#resume(reembedding, next, task);
      const documents = () => contents.documents;
      await reembedding.embedAll(documents, task);
      await reembedding.settled(signal);
      await tasks.change(async () => {
        await reembedding.embedAll(documents, { ...task, isLast: true });
        await this.#swap(reembedding, next, task);
      }, signal);
    } catch (cause) {
      const { fingerprint: model } = next;
      const { index, isIntact } = reembedding;
      const canGoOn = !contents.durable && model !== undefined && isIntact;
      if (canGoOn && index) {
        this.#interrupted = { reembedding, model, dimensions: index.dimensions };
      } else index?.close();
      contents.durable?.index.next.forget();
      throw cause;
    } finally {
      this.#current = undefined;
      tasks.tidyLater();
    }
  }

  /** Stops what goes on in the background. */
  close(): void {
    this.#current?.index?.close();
    this.#interrupted?.reembedding.index?.close();
  }

  #begin(next: NextModel): Reembedding {
    const { contents, tasks, fits } = this.#store;
    const durable = contents.durable?.index;
    const { embeddings } = next;
    return new Reembedding({
      embeddings,
      createIndex: (dimensions) => {
        const storage = durable?.beginNext(this.#options.storage, dimensions, next.fingerprint);
        return fits.createIndex(dimensions, { embeddings, storage });
      },
      write: (addition, isLast) => {
        const written = durable ? () => durable.writeNext(addition) : addition;
        return isLast ? written() : tasks.change(written);
      },
      onRun: (row) => durable?.next.writeFrom(row),
      keepsVectors: contents.keepsVectors,
    });
  }

  /** Goes on where an earlier call with the same model was interrupted. */
  async #resume(
    reembedding: Reembedding,
    { embeddings, fingerprint }: NextModel,
    task: TaskOptions,
  ): Promise<void> {
    const { contents, tasks, fits: indexes } = this.#store;
    const kept = this.#interrupted;
    const durable = contents.durable?.index;
    const before = kept ?? durable?.next.interrupted;
    // Models of one name may differ in their dimensions nevertheless.
    const isSame = fingerprint !== undefined && before?.model === fingerprint;
    const fits = isSame && (await reembedding.fits(before.dimensions, task));
    // Where that failed, the next call goes on with it.
    this.#interrupted = undefined;
    if (!fits) {
      kept?.reembedding.index?.close();
      return;
    }
    if (kept) reembedding.takeOver(kept.reembedding);
    if (!durable) return;
    await tasks.change(async () => {
      const storage = durable.resumeNext();
      const index = indexes.createIndex(before.dimensions as number, { embeddings, storage });
      const there = new Set(contents.documents.occupied());
      const isThere = (row: number) => there.has(row);
      await reembedding.resume(index, () => durable.next.takeUp(index, isThere, task));
    }, task.signal);
  }

  /** What was embedded anew takes the place of what is searched. */
  async #swap(
    reembedding: Reembedding,
    { embeddings, fingerprint }: NextModel,
    task: TaskOptions,
  ): Promise<void> {
    const { contents, model } = this.#store;
    const { index: before, durable, documents: table } = contents;
    if (before) {
      const probe = () => reembedding.probe(task);
      const index =
        reembedding.index ?? (await (durable ? durable.index.writeNext(probe) : probe()));
      const gone = Array.from(index.rowIds()).filter((row) => !before.has(row));
      index.skipTo(before.contents.rows.nextRow);
      const documents =
        contents.keepsVectors && table instanceof DocumentTable
          ? await table.withVectors(reembedding.vectors, task)
          : table;
      task.signal?.throwIfAborted();
      await durable?.index.swap(index, gone, () => durable.file.set('model', fingerprint));
      index.delete(gone);
      contents.replace({ index, documents });
      before.close();
      reembedding.release();
    }
    model.replace(embeddings, fingerprint);
  }
}

function isReembedded(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: 'reembed: got a call while another goes on, expected one at a time.',
    remedy: 'Wait for the other, or abort it by its signal.',
  });
}
