import type { IndexView, Quantizer, Refit, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { SaveableVectorStore } from '@langchain/core/vectorstores';
import type { DocumentId } from '../documents/document-batch.ts';
import { copyDocument, toId } from '../documents/document-batch.ts';
import type { StoreFileKind } from '../durable/durable-store.ts';
import { DurableStore } from '../durable/durable-store.ts';
import type { StoreFile } from '../durable/store-file.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { SeenSaves } from '../snapshot/seen-saves.ts';
import { loadStore, saveStore } from '../snapshot/store-snapshot.ts';
import type { StoreHealth, StoreStatistics } from './health.ts';
import { measureHealth, statisticsOf } from './health.ts';
import { checkWhole, loadedSimilarity } from './similarity.ts';
import type { FileChange } from './store-changes.ts';
import { StoreChanges } from './store-changes.ts';
import { StoreContents } from './store-contents.ts';
import { StoreCopying } from './store-copying.ts';
import { StoreFits } from './store-fits.ts';
import { StoreModel } from './store-model.ts';
import type {
  AddOptions,
  BinaryVectorStoreOptions,
  CreateOptions,
  DeleteOptions,
  FitOptions,
  LastingOptions,
  LoadOptions,
  OpenOptions,
  RefitOptions,
  SaveOptions,
} from './store-options.ts';
import {
  checkEmbeddings,
  checkNames,
  checkOpenOptions,
  checkStoreOptions,
  isQuantizer,
  lastingOptions,
  quantizerOf,
} from './store-options.ts';
import { StoreReembedding } from './store-reembedding.ts';
import { StoreSearch } from './store-search.ts';
import { StoreTasks } from './store-tasks.ts';

/** A store as copies are made of it and into it; undefined for what is no store of this class. */
export let copyingOf: (store: object) => StoreCopying | undefined;

/** The store, or a class that extends it: what its own functions make is of that class. */
type StoreClass<Store extends BinaryVectorStore> = new (
  embeddings: EmbeddingsInterface,
  options?: BinaryVectorStoreOptions,
) => Store;

/**
 * A vector store in memory. It starts exact and moves to binary codes and to a graph by itself, in the background,
 * when these are quicker and find as much; the stored vectors decide among what they find. Scores are cosine
 * similarities, higher is better.
 *
 * Changes are made one after the other, in the order in which they were asked for; a change that fails
 * or is aborted changes nothing. Searches wait for none, and see the store before or after each.
 */
export class BinaryVectorStore extends SaveableVectorStore {
  declare FilterType: DocumentFilter;

  static {
    copyingOf = (store) => {
      if (!(#contents in store)) return undefined;
      return new StoreCopying({
        contents: store.#contents,
        tasks: store.#tasks,
        fits: store.#fits,
        model: store.#model,
        changes: store.#changes,
      });
    };
  }

  readonly #options: LastingOptions;
  readonly #contents: StoreContents;
  readonly #tasks: StoreTasks;
  readonly #model: StoreModel;
  readonly #fits: StoreFits;
  readonly #search: StoreSearch;
  readonly #changes: StoreChanges;
  readonly #reembedding: StoreReembedding;
  readonly #seen: SeenSaves = new SeenSaves();

  /**
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(embeddings: EmbeddingsInterface, options: BinaryVectorStoreOptions = {}) {
    super(embeddings, options);
    checkEmbeddings(embeddings);
    checkNames(options);
    checkStoreOptions(options);
    this.#options = lastingOptions(options);
    // Each knows those before it, and none of those behind.
    const contents = new StoreContents(this.#options);
    const tasks = new StoreTasks(contents);
    const model = new StoreModel(contents, this);
    const fits = new StoreFits({ contents, tasks, model }, this.#options, quantizerOf(options));
    this.#contents = contents;
    this.#tasks = tasks;
    this.#model = model;
    this.#fits = fits;
    this.#search = new StoreSearch(contents, this.#options);
    this.#changes = new StoreChanges({ contents, tasks, fits, model });
    this.#reembedding = new StoreReembedding({ contents, tasks, fits, model }, this.#options);
  }

  /**
   * @param metadatas one object per text, or one for all of them; texts without have none, those for which there is
   *   no text are ignored
   */
  static override async fromTexts<Store extends BinaryVectorStore = BinaryVectorStore>(
    this: StoreClass<Store>,
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options: CreateOptions = {},
  ): Promise<Store> {
    const documents = texts.map((pageContent, i) => ({
      pageContent,
      metadata: (Array.isArray(metadatas) ? metadatas[i] : metadatas) ?? {},
    }));
    return filled(new this(embeddings, options), documents, options);
  }

  static override async fromDocuments<Store extends BinaryVectorStore = BinaryVectorStore>(
    this: StoreClass<Store>,
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: CreateOptions = {},
  ): Promise<Store> {
    return filled(new this(embeddings, options), documents, options);
  }

  /** An empty store, as LangChain's own store in memory makes one; what was saved is opened by `load`. */
  static async fromExistingIndex<Store extends BinaryVectorStore = BinaryVectorStore>(
    this: StoreClass<Store>,
    embeddings: EmbeddingsInterface,
    options: BinaryVectorStoreOptions = {},
  ): Promise<Store> {
    return new this(embeddings, options);
  }

  /**
   * A store as it was when it was saved. Needs a file system.
   *
   * @param embeddings of the model that the store was filled with
   * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `truncated-file` or
   *   `checksum-mismatch`; `model-mismatch` for embeddings of another model, where both tell; `invalid-option` for a
   *   `similarity` that needs what was not saved
   */
  static override async load<Store extends BinaryVectorStore = BinaryVectorStore>(
    this: StoreClass<Store>,
    directory: string,
    embeddings: EmbeddingsInterface,
    options: LoadOptions = {},
  ): Promise<Store> {
    const chosen = Object.entries(options).filter(
      ([name, value]) => name !== 'signal' && value !== undefined,
    );
    let created: Store | undefined;
    const { index, documents, model, generation } = await loadStore(directory, options, (saved) => {
      const { similarity, ...others } = { ...saved, ...Object.fromEntries(chosen) };
      const store = new this(embeddings, { ...others, similarity: loadedSimilarity(similarity) });
      created = store;
      return (dimensions) => store.#fits.optionsOf(dimensions);
    });
    const store = created as Store;
    const contents = store.#contents;
    if (contents.keepsVectors) checkWhole(documents.entriesWhere(undefined));
    contents.replace({ index, documents });
    contents.model = model;
    await store.#model.checkOpened();
    store.#seen.loaded(directory, generation);
    index?.follow();
    return store;
  }

  /**
   * A store in one SQLite file, which is made if it is not there: what is added or deleted is in the file when the
   * promise is resolved, whatever happens to the process then. In memory are codes and links; documents and vectors
   * are read when they are asked for. One store writes to a file at a time; others may open it with `readOnly`.
   *
   * @param embeddings of the model that the store was filled with
   * @param options of the store, where they are to be others than before
   * @throws BitryoshkaError `not-supported` without SQLite, `write-failed` for a file that another store writes to,
   *   `invalid-file`, also for the file of a store of LangGraph, `unsupported-version`, `checksum-mismatch`,
   *   `model-mismatch`
   */
  static async open<Store extends BinaryVectorStore = BinaryVectorStore>(
    this: StoreClass<Store>,
    file: string,
    embeddings: EmbeddingsInterface,
    { driver, durability, readOnly, signal, ...options }: OpenOptions = {},
  ): Promise<Store> {
    checkNames(options);
    checkOpenOptions(options);
    const durable = new DurableStore(file, { driver, durability, readOnly });
    try {
      const { similarity: _, ...saved } = durable.options ?? {};
      const { quantizer, ...chosen } = options;
      const given = quantizer && isQuantizer(quantizer) ? quantizer : undefined;
      const store = new this(embeddings, {
        ...saved,
        ...withoutUndefined(chosen),
        ...(quantizer && !given && { quantizer }),
      });
      durable.checkKind(store.storeFileKind);
      const contents = store.#contents;
      const optionsOf = (dimensions: number) => store.#fits.optionsOf(dimensions);
      await contents.open(durable, optionsOf, { signal });
      await store.#model.checkOpened();
      if (readOnly) return store;
      const { index } = contents;
      store.#fits.saveOptions();
      if (!index && given) contents.replace({ index: store.#fits.createCoded(given) });
      index?.follow();
      return store;
    } catch (cause) {
      durable.close();
      throw cause;
    }
  }

  // The base class calls this before any field is set.
  _vectorstoreType(): string {
    return 'bitryoshka';
  }

  /** What makes the codes; undefined while searches are exact. */
  get quantizer(): Quantizer | undefined {
    return this.#contents.index?.quantizer;
  }

  /** The vectors behind the documents, to read; undefined while there are none. */
  get index(): IndexView | undefined {
    return this.#contents.index?.view();
  }

  /**
   * Waits until nothing goes on in the background: until the index is as suits the documents.
   *
   * @throws what failed in the background, once: searches go on as before then
   */
  async settled(): Promise<void> {
    await this.#tasks.settled();
  }

  /**
   * Stops what goes on in the background, and begins nothing there any more: for a program that ends. A store in
   * memory goes on as it is; one that was opened lets go of its file when the changes that were asked for are made.
   */
  async close(): Promise<void> {
    const closed = this.#tasks.close();
    this.#reembedding.close();
    await closed;
  }

  /** All documents with their ids, in the order in which they were added. */
  *entries(): Generator<[id: string, document: Document]> {
    for (const { id, document } of this.#contents.documents) yield [id, copyDocument(document)];
  }

  stats(): StoreStatistics {
    return statisticsOf(this.#contents);
  }

  /**
   * How well the store does: what it takes, whether codes still suit the documents, what share of the nearest is
   * found, and what to do about it. Made in turns; it takes as long as comparing all vectors with a hundred questions.
   */
  async health(task: TaskOptions = {}): Promise<StoreHealth> {
    const contents = this.#contents;
    const { depth, targetRecall } = this.#options;
    for (;;) {
      if (contents.isStale) await contents.refresh();
      const { index, documents, durable } = contents;
      const interrupted = durable?.index.next.interrupted?.model;
      const parts = { index, documents, depth, targetRecall, file: durable?.file, interrupted };
      try {
        return await measureHealth(parts, task);
      } catch (cause) {
        // Other vectors may have taken the place of those that were measured.
        const isOther = index !== contents.index || contents.isStale;
        if (!isOther || !BitryoshkaError.isInstance(cause)) throw cause;
      }
    }
  }

  /**
   * Embeds and adds documents. A document whose id is in the store replaces the one there.
   *
   * @returns the ids, those that were made up included
   * @throws BitryoshkaError `duplicate-id` for different documents with one id, `invalid-option`,
   *   `dimension-mismatch` or `not-finite`; what the embeddings throw is passed on
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: AddOptions = {},
  ): Promise<string[]> {
    return this.#changes.addDocuments(documents, options);
  }

  /**
   * The same with vectors that are there already: of the model of the store, which nobody checks.
   *
   * @param vectors one per document; a matrix, or more than 2,000, must not change before the promise is settled
   */
  override async addVectors(
    vectors: Vectors,
    documents: DocumentInterface[],
    options: AddOptions = {},
  ): Promise<string[]> {
    return this.#changes.addVectors(vectors, documents, options);
  }

  /**
   * Deletes the documents with the given ids, those that a filter lets through, or all, or what was saved to a folder.
   *
   * @throws BitryoshkaError `invalid-option` unless exactly one of the four is given; as `load` for a folder
   */
  override async delete(options: DeleteOptions<DocumentFilter> = {}): Promise<void> {
    await this.#changes.delete(options);
  }

  /** What the files are of that `open` makes and takes. */
  protected get storeFileKind(): StoreFileKind {
    return 'documents';
  }

  /** The file of a store that was opened: for classes that keep more in it than documents. */
  protected get storeFile(): StoreFile | undefined {
    return this.#contents.durable?.file;
  }

  /**
   * Adds and removes documents of a store in a file and writes what else is kept there, all of it or nothing.
   *
   * @param prepare is called when all changes before are made
   */
  protected async changeStoreFile(prepare: () => Promise<FileChange>): Promise<void> {
    await this.#changes.changeFile(prepare);
  }

  /** The documents with the given ids, in that order; ids that are not in the store are left out. */
  async getByIds(ids: readonly DocumentId[]): Promise<Document[]> {
    const known = ids.map((id, i) => toId(id, `ids[${i}]`));
    const contents = this.#contents;
    return contents.atOnce(() =>
      known.flatMap((id) => {
        const entry = contents.documents.get(id);
        return entry ? [copyDocument(entry.document)] : [];
      }),
    );
  }

  /**
   * By words as well, where the store is hybrid.
   *
   * @returns the documents of `similaritySearchWithScore`
   */
  override async similaritySearch(
    query: string,
    k?: number,
    filter?: DocumentFilter,
    callbacks?: Callbacks,
  ): Promise<Document[]> {
    const found = await this.similaritySearchWithScore(query, k, filter, callbacks);
    return found.map(([document]) => document);
  }

  /**
   * By words as well, where the store is hybrid.
   *
   * @param k how many documents, at most. Default: 4
   * @returns documents and scores, best first: cosine similarities, or in a hybrid store what
   *   vectors and words make of each, from the lowest to the highest cosine of all candidates
   * @throws BitryoshkaError as `similaritySearchVectorWithScore`; what the embeddings and the tokenizer throw is
   *   passed on
   */
  override async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: DocumentFilter,
    _callbacks?: Callbacks,
  ): Promise<[Document, number][]> {
    return this.#model.ask(query, async (vector) =>
      this.#contents.documents.words
        ? this.#search.nearest(vector, { k, filter, text: query })
        : this.similaritySearchVectorWithScore(vector, k, filter),
    );
  }

  /**
   * By the vector alone, in a hybrid store, too.
   *
   * @param k how many documents, at most; that many are found whenever the filter lets so many through
   * @returns documents and cosine similarities, or what `similarity` says, best first
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite` or `invalid-option`
   */
  override async similaritySearchVectorWithScore(
    query: ArrayLike<number>,
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    return this.#search.nearest(query, { k, filter });
  }

  /**
   * By words alone, where the store is hybrid: nothing is embedded.
   *
   * @param k how many documents, at most. Default: 4
   * @returns documents that have at least one word of the query, and their scores by BM25, best first
   * @throws BitryoshkaError `not-supported` for a store that is not hybrid, `invalid-option`; what the tokenizer throws
   *   is passed on
   */
  async keywordSearchWithScore(
    query: string,
    k = 4,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    return this.#search.byWords(query, { k, filter });
  }

  /**
   * Documents that are close to the query and far from each other.
   *
   * @param options `fetchK`: among how many of the closest to choose (default 20); `lambda`: 1 for
   *   closeness only, 0 for variety only (default 0.5)
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<DocumentFilter>,
  ): Promise<Document[]> {
    return this.#model.ask(query, (vector) => this.#search.varied(vector, query, options));
  }

  /**
   * Fits a quantizer to the vectors that are there now, or takes one that was fitted elsewhere, and
   * encodes all vectors anew, in the background: searches use the old codes until the new ones are complete, and
   * changes go on.
   *
   * @throws BitryoshkaError `not-enough-vectors` with no more vectors than bits, `invalid-option`, or
   *   `dimension-mismatch`
   */
  async fit(options: FitOptions = {}): Promise<Quantizer> {
    return (await this.#fits.fit(options)).quantizer;
  }

  /**
   * Fits anew to the vectors that are there now, by the recipe that the store has, or trains a head: it takes
   * longer than other quantizers and finds more. As `fit`, in the background, but codes that find less of the nearest
   * than those that are there are not taken, unless a quantizer was given.
   *
   * @returns which codes there are now, whether they are new, and what the old and the new ones find
   * @throws BitryoshkaError as `fit`
   */
  async refit(options: RefitOptions = {}): Promise<Refit> {
    return this.#fits.refit(options);
  }

  /**
   * Embeds all documents anew, with another model, beside what is searched: searches go on with the old vectors and
   * the old embeddings until the new index is complete, and all of them use the new ones from then on. Changes go on as
   * well, and are in the result: documents that are added until then are embedded with the old model first and with
   * the new one at the end. Ids, order and metadata stay. When it fails, is aborted or killed, nothing is changed; the
   * next call goes on where it was interrupted if the embeddings have the same fingerprint, and begins anew otherwise.
   *
   * @throws BitryoshkaError `invalid-option` for codes of more bits than the new vectors can give, or while this goes
   *   on already, `not-supported` for a store that only reads; what the embeddings throw is passed on
   */
  async reembed(embeddings: EmbeddingsInterface, task: TaskOptions = {}): Promise<void> {
    await this.#reembedding.reembed(embeddings, task);
  }

  /**
   * Makes the file of a store that was opened as small as it can be, and quicker to open. Additions and deletions do
   * most of that by the way; this is for a file that is to be copied or kept. Searches go on, changes wait. A store in
   * memory stays as it is.
   *
   * @throws BitryoshkaError `not-supported` for a store that only reads, `write-failed`; the signal's reason: what was
   *   done until then stays done
   */
  async compact(task: TaskOptions = {}): Promise<void> {
    await this.#tasks.compact(task);
  }

  /**
   * Saves the store to a folder, as a whole or not at all: a save that fails, is aborted or killed
   * leaves what was saved there before. Needs a file system.
   *
   * @throws BitryoshkaError `write-failed`, `write-conflict` when another store has saved to the folder since this one
   *   was made, loaded or saved, or `not-supported` where there is no file system
   */
  override async save(directory: string, options: SaveOptions = {}): Promise<void> {
    await this.#tasks.change(() => {
      const { index, documents, model } = this.#contents;
      const saved = { index, documents, model, options: this.#fits.savedOptions, seen: this.#seen };
      return saveStore(directory, saved, options);
    }, options.signal);
  }
}

async function filled<Store extends BinaryVectorStore>(
  store: Store,
  documents: DocumentInterface[],
  { ids, signal, onProgress }: AddOptions,
): Promise<Store> {
  await store.addDocuments(documents, { ids, signal, onProgress });
  return store;
}

function withoutUndefined<Options extends object>(options: Options): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Options;
}
