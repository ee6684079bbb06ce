import type { Matrix, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError, selectRows, toMatrix } from '@bitryoshka/core';
import { checkedShape } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import type { DocumentBatch } from '../documents/document-batch.ts';
import { copiedAtOnce, toDocumentBatch, toId } from '../documents/document-batch.ts';
import type { ChangeBeside, SqliteDocuments } from '../durable/sqlite-documents.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { removeStore } from '../snapshot/store-snapshot.ts';
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

  /** As `delete` of the store. */
  async delete({
    ids,
    filter,
    deleteAll,
    directory,
  }: DeleteOptions<DocumentFilter>): Promise<void> {
    const { contents, tasks } = this.#store;
    const given = [ids, filter, deleteAll || undefined, directory];
    const count = given.filter((value) => value !== undefined).length;
    if (count !== 1) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `delete: got ${count} of ids, filter, deleteAll and directory, expected one.`,
        remedy:
          'Say what to delete: { ids }, { filter }, { deleteAll: true } or, of what was saved, { directory }.',
      });
    }
    if (directory !== undefined) {
      checkDirectory(directory);
      return tasks.change(() => removeStore(directory));
    }
    if (ids !== undefined && !Array.isArray(ids)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `delete: got ids of type ${typeof ids}, expected a list.`,
        remedy: 'Pass { ids: [id] }.',
      });
    }
    if (isEmptyCondition(filter)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: 'delete: got a filter without conditions, which every document passes.',
        remedy: 'Say what to delete, or { deleteAll: true }.',
      });
    }
    const named = ids?.map((id, i) => toId(id, `ids[${i}]`));
    const compiled = filter === undefined ? undefined : compileFilter(filter);
    await tasks.change(async () =>
      contents.remove(named ?? (await contents.documents.idsWhere(compiled))),
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

function checkDirectory(directory: unknown): void {
  if (typeof directory === 'string' && directory !== '') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `delete: got ${JSON.stringify(directory)} for directory, expected a path.`,
    remedy: 'Name the folder that the store was saved to.',
  });
}

function countMismatch(got: number, expected: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `vectors: got ${got}, expected ${expected}: one per document.`,
    remedy: 'Pass one per document.',
  });
}

/** Also where all that it asks for is undefined, as of a variable that was forgotten. */
function isEmptyCondition(filter: DocumentFilter | undefined): boolean {
  if (typeof filter !== 'object' || filter === null) return false;
  return Object.values(filter).every((value) => value === undefined);
}
