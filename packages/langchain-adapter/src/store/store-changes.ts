import type { Matrix, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError, selectRows, toMatrix } from '@bitryoshka/core';
import { checkedShape } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import type { DocumentBatch, DocumentEntry } from '../documents/document-batch.ts';
import { copiedAtOnce, toDocumentBatch } from '../documents/document-batch.ts';
import type { ChangeBeside, SqliteDocuments } from '../durable/sqlite-documents.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { removeStore } from '../snapshot/store-snapshot.ts';
import { resolveDelete } from './delete-options.ts';
import { toLists } from './similarity.ts';
import type { StoreContents } from './store-contents.ts';
import type { StoreFits } from './store-fits.ts';
import type { EmbeddedTexts, StoreModel } from './store-model.ts';
import type { AddOptions, DeleteOptions } from './store-options.ts';
import type { StoreTasks } from './store-tasks.ts';

/** Documents that are added with their vectors, and what else changes with them. */
export interface FileChange extends ChangeBeside {
  readonly vectors: number[][];
  readonly documents: readonly DocumentInterface[];
}

/** What changes are made with. */
interface ChangedStore {
  readonly contents: StoreContents;
  readonly tasks: StoreTasks;
  readonly fits: StoreFits;
  readonly model: StoreModel;
}

/** Adds documents to a store and deletes them, in the order in which that was asked for. */
export class StoreChanges {
  readonly #store: ChangedStore;

  constructor(store: ChangedStore) {
    this.#store = store;
  }

  /** As `addDocuments` of the store. */
  async addDocuments(
    documents: readonly DocumentInterface[],
    options: AddOptions,
  ): Promise<string[]> {
    const { model, tasks } = this.#store;
    // Begun at once and awaited in turn: several calls embed side by side and add in their order.
    const copying = toDocumentBatch(documents, options.ids);
    const { replacements } = model;
    const embedding = copying.then(({ texts }) => {
      options.signal?.throwIfAborted();
      return model.embed(texts, options);
    });
    embedding.catch(() => undefined);
    return tasks.change(async () => {
      const batch = await copying;
      const isCurrent = replacements === model.replacements;
      const embedded = await (isCurrent ? embedding : model.embed(batch.texts, options));
      return this.#add(embedded, batch, options);
    }, options.signal);
  }

  /** As `addVectors` of the store. */
  async addVectors(
    vectors: Vectors,
    documents: readonly DocumentInterface[],
    options: AddOptions,
  ): Promise<string[]> {
    const { contents, model, tasks } = this.#store;
    const copying = toDocumentBatch(documents, options.ids);
    copying.catch(() => undefined);
    const isCopied = !Array.isArray(vectors) || vectors.length <= copiedAtOnce;
    // In float32, unless they are compared as they were given.
    const checked = isCopied ? toMatrix(vectors) : vectors;
    const given =
      isCopied && contents.keepsVectors ? toLists(vectors).map((list) => [...list]) : checked;
    const { replacements } = model;
    return tasks.change(async () => {
      const batch = await copying;
      // Otherwise they are of the model of before.
      const isCurrent = replacements === model.replacements;
      const embedded = isCurrent
        ? { vectors: given, model: undefined }
        : await model.embed(batch.texts, options);
      return this.#add(embedded, batch, options);
    }, options.signal);
  }

  /**
   * Adds documents of another store, those with made-up ids among them.
   *
   * @param vectors of `model`, one per entry
   */
  async addEntries(
    vectors: Matrix,
    entries: readonly DocumentEntry[],
    model: string | undefined,
    task: TaskOptions,
  ): Promise<void> {
    const ids = entries.map(({ id }) => id);
    const texts = entries.map(({ document }) => document.pageContent);
    const batch = { ids, texts, entries, positions: entries.map((_, i) => i) };
    await this.#store.tasks.change(() => this.#add({ vectors, model }, batch, task), task.signal);
  }

  /** As `delete` of the store. */
  async delete(options: DeleteOptions<DocumentFilter>): Promise<void> {
    const { contents, tasks } = this.#store;
    const { ids, filter, directory } = resolveDelete(options);
    if (directory !== undefined) return tasks.change(() => removeStore(directory));
    await tasks.change(async () =>
      contents.remove(ids ?? (await contents.documents.idsWhere(filter))),
    );
    tasks.tidyLater();
  }

  /** As `changeStoreFile` of the store. */
  async changeFile(prepare: () => Promise<FileChange>): Promise<void> {
    const { contents, tasks } = this.#store;
    await tasks.change(async () => {
      const { vectors, documents, ...beside } = await prepare();
      const batch = await toDocumentBatch(documents, undefined);
      const kept = contents.documents as SqliteDocuments;
      kept.beside = beside;
      try {
        if (documents.length > 0) await this.#add({ vectors, model: undefined }, batch, {});
        else await contents.remove(beside.removed);
      } finally {
        kept.beside = undefined;
      }
    });
    tasks.tidyLater();
  }

  async #add(
    { vectors, model }: { readonly vectors: Vectors } & Pick<EmbeddedTexts, 'model'>,
    { ids, entries, positions }: DocumentBatch,
    { signal, onProgress }: TaskOptions,
  ): Promise<string[]> {
    signal?.throwIfAborted();
    // Values are checked as they are added.
    const given = Array.isArray(vectors) ? (vectors as number[][]) : checkedShape(vectors);
    const count = 'rows' in given ? given.rows : given.length;
    if (count !== ids.length) throw countMismatch(count, ids.length);
    if (ids.length === 0) return [];
    const { contents, fits, tasks } = this.#store;
    this.#store.model.check(model);
    const { columns } = 'rows' in given ? given : toMatrix(given.slice(0, 1));
    const index = contents.index ?? fits.createIndex(columns);
    const chosen = ids.length === positions.length ? given : chosenOf(given, positions);
    await contents.add(index, chosen, entries, { model, signal, onProgress });
    tasks.tidyLater();
    return ids;
  }
}

function chosenOf(vectors: Matrix | number[][], positions: readonly number[]): Vectors {
  if ('rows' in vectors) return selectRows(vectors, positions);
  return positions.map((i) => vectors[i] as number[]);
}

function countMismatch(got: number, expected: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `vectors: got ${got}, expected ${expected}: one per document.`,
    remedy: 'Pass one per document.',
  });
}
