import type {
  AutoIndex,
  AutoIndexOptions,
  IndexSnapshot,
  TaskOptions,
  Vectors,
} from '@bitryoshka/core';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import type { Documents } from '../documents/documents.ts';
import type { DurableStore } from '../durable/durable-store.ts';
import type { SqliteDocuments } from '../durable/sqlite-documents.ts';
import { createWordSearch } from '../lexical/hybrid-options.ts';
import { similarityFunction, toLists } from './similarity.ts';
import type { LastingOptions } from './store-options.ts';

/** The file that a store is kept in, and how an index is made of what is there. */
interface OpenedFile {
  readonly durable: DurableStore;
  readonly optionsOf: (dimensions: number) => AutoIndexOptions;
}

/**
 * What a store holds now: documents, an index whose rows are theirs, and which model made the vectors. In memory, or
 * in a file: then what another process writes to it is taken up.
 */
export class StoreContents {
  readonly #options: LastingOptions;
  /** Whether documents keep their vectors as they were given. */
  readonly keepsVectors: boolean;
  #index: AutoIndex | undefined;
  /** What the index was before an addition that is not complete. */
  #before: IndexSnapshot | undefined;
  #documents: Documents;
  #model: string | undefined;
  #file: OpenedFile | undefined;
  /** While what another process has written is taken up. */
  #refreshing: Promise<void> | undefined;

  /** @throws BitryoshkaError `invalid-option` */
  constructor(options: LastingOptions) {
    this.#options = options;
    this.keepsVectors = similarityFunction(options.similarity) !== undefined;
    this.#documents = new DocumentTable(options.fields, createWordSearch(options.hybrid));
  }

  get documents(): Documents {
    return this.#documents;
  }

  /** Undefined while no vector has told the dimension. */
  get index(): AutoIndex | undefined {
    return this.#index;
  }

  /** What searches see of the index: nothing of an addition before it is complete. */
  get searched(): AutoIndex | IndexSnapshot | undefined {
    return this.#before ?? this.#index;
  }

  /** Which model made the vectors; undefined while there are none, and for embeddings that do not tell. */
  get model(): string | undefined {
    return this.#model;
  }

  /** A file says so with the next change. */
  set model(fingerprint: string | undefined) {
    this.#model = fingerprint;
    if (this.durable) this.durable.model = fingerprint;
  }

  /** The file that they are kept in; undefined in memory. */
  get durable(): DurableStore | undefined {
    return this.#file?.durable;
  }

  /** Takes up what is in a file, which they are kept in from now on. */
  async open(
    durable: DurableStore,
    optionsOf: OpenedFile['optionsOf'],
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<void> {
    this.#file = { durable, optionsOf };
    await this.#read(this.#file, task);
  }

  /** Others take their place, at once. */
  replace({
    index,
    documents = this.#documents,
  }: {
    readonly index: AutoIndex | undefined;
    readonly documents?: Documents;
  }): void {
    this.#index = index;
    this.#documents = documents;
  }

  /**
   * Adds documents with their vectors, or nothing where that fails: searches see nothing of them until the end.
   *
   * @param index the one that there is, or the first
   * @param entries one per vector, no two of the same id
   * @param options `model`: that made the vectors, where that is known
   */
  async add(
    index: AutoIndex,
    vectors: Vectors,
    entries: readonly DocumentEntry[],
    { model, ...task }: TaskOptions & { readonly model: string | undefined },
  ): Promise<void> {
    const { durable } = this;
    const known = this.#documents.count > 0 ? this.#model : undefined;
    this.#before = this.#index?.snapshot();
    // What is learned from documents is learned when they are there.
    const release = index.hold();
    if (durable) durable.model = known ?? model;
    try {
      await durable?.index.begin(index);
      const first = await index.addAsync(vectors, task);
      const kept = this.keepsVectors ? withVectors(entries, toLists(vectors)) : entries;
      try {
        const { signal } = task;
        const { storage } = this.#options;
        await this.#documents.stage(kept, first, { signal });
        await durable?.index.writeRows(index, first, kept.length, storage, { signal });
        const left = this.#documents.commit(kept.length, first);
        durable?.index.noteSealed();
        index.delete(left);
      } catch (cause) {
        index.delete(kept.map((_, i) => first + i));
        throw cause;
      }
      this.#index = index;
      this.#model = known ?? model;
    } catch (cause) {
      if (durable) durable.model = this.#model;
      this.#documents.rollBack();
      durable?.index.forget();
      throw cause;
    } finally {
      this.#before = undefined;
      release();
    }
  }

  /** Removes the documents with the given ids, those that are there. */
  async remove(ids: readonly string[]): Promise<void> {
    const durable = this.durable?.index;
    await durable?.discard();
    try {
      await this.#documents.remove(ids, (rows) => {
        durable?.noteSealed();
        this.#index?.delete(rows);
      });
    } catch (cause) {
      durable?.forget();
      throw cause;
    }
  }

  /** Whether there is what another process has written: to be taken up before anything is read. */
  get isStale(): boolean {
    return this.#refreshing !== undefined || this.durable?.isStale === true;
  }

  /** Takes that up; whoever asks meanwhile waits for it. */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#takeUp().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  /** Reads what belongs together: where another process writes, as it is at one moment. */
  async atOnce<T>(read: () => T): Promise<T> {
    const { durable } = this;
    if (!durable?.file.isReadOnly) return read();
    for (;;) {
      if (this.isStale) await this.refresh();
      // Another that has waited may have begun to read anew.
      if (this.#refreshing) continue;
      const done = durable.file.atOnce(() => (durable.isStale ? undefined : { value: read() }));
      if (done) return done.value;
    }
  }

  async #takeUp(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const changes = this.#index && file.durable.refresh(this.#index);
    if (changes) (this.#documents as SqliteDocuments).note(changes.added, changes.removed);
    else await this.#read(file);
  }

  async #read(
    { durable, optionsOf }: OpenedFile,
    task: Pick<TaskOptions, 'signal'> = {},
  ): Promise<void> {
    const { index, documents } = await durable.load(optionsOf, this.#options, task);
    // Codes and links are made by the store that writes.
    if (durable.file.isReadOnly) index?.hold();
    this.#documents = documents;
    this.#index = index;
    this.#model = durable.model;
  }
}

function withVectors(entries: readonly DocumentEntry[], vectors: number[][]): DocumentEntry[] {
  return entries.map((entry, i) => ({ ...entry, vector: vectors[i] as number[] }));
}
