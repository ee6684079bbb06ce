import type {
  AutoIndexOptions,
  GraphLinker,
  IndexSnapshot,
  IndexView,
  Matrix,
  Quantizer,
  Refit,
  RowSet,
  ScoredRow,
  TaskOptions,
  Vectors,
} from '@bitryoshka/core';
import {
  AutoIndex,
  BitryoshkaError,
  bytesPerCode,
  quantizerKinds,
  selectRows,
  toMatrix,
} from '@bitryoshka/core';
import { checkedShape, unlessAborted } from '@bitryoshka/core/internal';
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { SaveableVectorStore } from '@langchain/core/vectorstores';
import type { DocumentBatch, DocumentEntry, DocumentId } from '../documents/document-batch.ts';
import { copiedAtOnce, copyDocument, toDocumentBatch, toId } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import type { Documents } from '../documents/documents.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import type { StoreFileKind } from '../durable/durable-store.ts';
import { DurableStore } from '../durable/durable-store.ts';
import type { ChangeBeside, SqliteDocuments } from '../durable/sqlite-documents.ts';
import type { StoreFile } from '../durable/store-file.ts';
import type { CompiledFilter, DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { createWordSearch } from '../lexical/hybrid-options.ts';
import { searchHybrid } from '../lexical/search-hybrid.ts';
import type { NodePlatform } from '../platform.ts';
import { isNode, loadNodePlatform } from '../platform.ts';
import { SeenSaves } from '../snapshot/seen-saves.ts';
import type { SavedOptions } from '../snapshot/store-snapshot.ts';
import { loadStore, removeStore, saveStore } from '../snapshot/store-snapshot.ts';
import type { LearnedDocuments } from './fit-recipe.ts';
import { checkFits, fewestVectors, fitRecipe } from './fit-recipe.ts';
import type { StoreHealth } from './health.ts';
import { measureHealth } from './health.ts';
import { maximalMarginalRelevance } from './maximal-marginal-relevance.ts';
import { Reembedding } from './reembedding.ts';
import type { Compared, SimilarityFunction } from './similarity.ts';
import { dot, mostSimilar, similarityFunction, toUnit } from './similarity.ts';
import { checkSameModel, fingerprintOf, StoreModel } from './store-model.ts';
import type {
  AddOptions,
  BinaryVectorStoreOptions,
  CreateOptions,
  DeleteOptions,
  FitOptions,
  LoadOptions,
  OpenOptions,
  QuantizerRecipe,
  RefitOptions,
  SaveOptions,
} from './store-options.ts';
import {
  checkOpenOptions,
  checkQuantizerOption,
  checkStoreOptions,
  isQuantizer,
} from './store-options.ts';
import { TaskQueue } from './task-queue.ts';

/** What a store holds, and what that takes. */
export interface StoreStatistics {
  /** Documents. */
  readonly count: number;
  /** Of the vectors; undefined while there are none. */
  readonly dimensions: number | undefined;
  /** How nearest documents are found now. */
  readonly index: AutoIndex['finder'];
  /** Length of a code; undefined while searches are exact. */
  readonly bits: number | undefined;
  /** Bytes of the codes: what a search scans. */
  readonly codeBytes: number;
  /** Bytes of the vectors, in memory or in files: what re-ranking reads, row by row. */
  readonly vectorBytes: number;
}

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

  readonly #changes: TaskQueue = new TaskQueue();
  /** Fits go on beside changes, one after the other. */
  readonly #fits: TaskQueue = new TaskQueue();
  readonly #options: Omit<BinaryVectorStoreOptions, 'quantizer' | 'bits'>;
  /** By which every document is compared; undefined for cosines. */
  readonly #similarity: SimilarityFunction | undefined;
  /** How to fit, unless by default. */
  #recipe: QuantizerRecipe | undefined;
  #index: AutoIndex | undefined;
  /** What the index was before an addition that is not complete. */
  #searched: IndexSnapshot | undefined;
  #documents: Documents;
  /** The file that a store is kept in, unless it is in memory. */
  #durable: DurableStore | undefined;
  /** While what another process has written is taken up. */
  #refreshing: Promise<void> | undefined;
  /** What failed last in the background. */
  #failure: { readonly cause: unknown } | undefined;
  readonly #seen: SeenSaves = new SeenSaves();
  readonly #model: StoreModel = new StoreModel();
  /** While all documents are embedded anew. */
  #reembedding: Reembedding | undefined;
  /** What of it was done when it failed, in memory. */
  #interrupted:
    | {
        readonly reembedding: Reembedding;
        readonly model: string;
        readonly dimensions: number | undefined;
      }
    | undefined;
  /** How often that was done. */
  #reembedded = 0;
  #isClosed = false;

  /**
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(embeddings: EmbeddingsInterface, options: BinaryVectorStoreOptions = {}) {
    super(embeddings, options);
    checkStoreOptions(options);
    const { bits, index, targetRecall, depth, storage, fields, onIndexProgress } = options;
    const { similarity, hybrid, learnFromQuestions } = options;
    const quantizer =
      options.quantizer ?? (bits === undefined ? undefined : { kind: 'tuned' as const, bits });
    this.#options = {
      index,
      targetRecall,
      depth,
      storage,
      fields,
      hybrid,
      similarity,
      learnFromQuestions,
      onIndexProgress,
    };
    this.#similarity = similarityFunction(similarity);
    this.#documents = new DocumentTable(fields, createWordSearch(hybrid));
    this.#recipe = recipeOf(quantizer);
    if (quantizer && isQuantizer(quantizer)) {
      this.#index = new AutoIndex({ ...this.#indexOptions(quantizer.inputDimensions), quantizer });
    }
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
      if (similarity === 'function') throw withoutFunction();
      const store = new this(embeddings, { ...others, similarity });
      created = store;
      return (dimensions) => store.#indexOptions(dimensions);
    });
    const store = created as Store;
    if (store.#similarity && documents.entriesWhere(undefined).some(({ vector }) => !vector)) {
      throw withoutLengths();
    }
    store.#index = index;
    store.#documents = documents;
    store.#model.fingerprint = model;
    await store.#checkOpened();
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
      store.#durable = durable;
      await store.#read(durable, { signal });
      await store.#checkOpened();
      if (readOnly) return store;
      const index = store.#index;
      store.#saveOptions(durable);
      if (!index && given) {
        const indexOptions = store.#indexOptions(given.inputDimensions);
        store.#index = new AutoIndex({ ...indexOptions, quantizer: given });
      }
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
    return this.#index?.quantizer;
  }

  /** The vectors behind the documents, to read; undefined while there are none. */
  get index(): IndexView | undefined {
    return this.#index?.view();
  }

  /**
   * Waits until nothing goes on in the background: until the index is as suits the documents.
   *
   * @throws what failed in the background, once: searches go on as before then
   */
  async settled(): Promise<void> {
    await this.#changes.run(() => undefined);
    await this.#index?.settled();
    // What that was is written.
    await this.#changes.run(() => undefined);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.cause;
  }

  /**
   * Stops what goes on in the background, and begins nothing there any more: for a program that ends. A store in
   * memory goes on as it is; one that was opened lets go of its file when the changes that were asked for are made.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#index?.close();
    this.#reembedding?.index?.close();
    this.#interrupted?.reembedding.index?.close();
    const durable = this.#durable;
    if (durable) await this.#changes.run(() => durable.close());
  }

  /** All documents with their ids, in the order in which they were added. */
  *entries(): Generator<[id: string, document: Document]> {
    for (const { id, document } of this.#documents) yield [id, copyDocument(document)];
  }

  stats(): StoreStatistics {
    const { count } = this.#documents;
    const dimensions = this.#index?.dimensions;
    const bits = this.quantizer?.bits;
    return {
      count,
      dimensions,
      index: this.#index?.finder ?? 'exact',
      bits,
      codeBytes: bits === undefined ? 0 : count * bytesPerCode(bits),
      vectorBytes: count * (this.#index?.bytesPerVector ?? 0),
    };
  }

  /**
   * How well the store does: what it takes, whether codes still suit the documents, what share of the nearest is
   * found, and what to do about it. Made in turns; it takes as long as comparing all vectors with a hundred questions.
   */
  async health(task: TaskOptions = {}): Promise<StoreHealth> {
    const durable = this.#durable;
    const { depth, targetRecall } = this.#options;
    for (;;) {
      if (durable) await this.#refresh(durable);
      const [index, documents] = [this.#index, this.#documents];
      const interrupted = durable?.index.interrupted?.model;
      const parts = { depth, targetRecall, file: durable?.file, interrupted };
      try {
        return await measureHealth({ index, documents, ...parts }, task);
      } catch (cause) {
        // Other vectors may have taken the place of those that were measured.
        const isOther = index !== this.#index || durable?.isStale;
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
    // Begun at once and awaited in turn: several calls embed side by side and add in their order.
    const copying = toDocumentBatch(documents, options.ids);
    const reembedded = this.#reembedded;
    const embedding = copying.then(({ texts }) => {
      options.signal?.throwIfAborted();
      return this.#embed(texts, options);
    });
    embedding.catch(() => undefined);
    return this.#changes.run(async () => {
      const batch = await copying;
      const isCurrent = reembedded === this.#reembedded;
      const { vectors, model } = await (isCurrent ? embedding : this.#embed(batch.texts, options));
      return this.#add(vectors, batch, options, model);
    }, options.signal);
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
    const copying = toDocumentBatch(documents, options.ids);
    copying.catch(() => undefined);
    const isCopied = !Array.isArray(vectors) || vectors.length <= copiedAtOnce;
    // In float32, unless they are compared as they were given.
    const checked = isCopied ? toMatrix(vectors) : vectors;
    const given =
      isCopied && this.#similarity ? toLists(vectors).map((list) => [...list]) : checked;
    const reembedded = this.#reembedded;
    return this.#changes.run(async () => {
      const batch = await copying;
      if (reembedded === this.#reembedded) return this.#add(given, batch, options);
      // They are of the model of before.
      const { vectors, model } = await this.#embed(batch.texts, options);
      return this.#add(vectors, batch, options, model);
    }, options.signal);
  }

  /**
   * Deletes the documents with the given ids, those that a filter lets through, or all, or what was saved to a folder.
   *
   * @throws BitryoshkaError `invalid-option` unless exactly one of the four is given; as `load` for a folder
   */
  override async delete(options: DeleteOptions<DocumentFilter> = {}): Promise<void> {
    const { ids, filter, deleteAll, directory } = options;
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
      return this.#changes.run(() => removeStore(directory));
    }
    if (ids !== undefined && !Array.isArray(ids)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `delete: got ids of type ${typeof ids}, expected a list.`,
        remedy: 'Pass { ids: [id] }.',
      });
    }
    const named = ids?.map((id, i) => toId(id, `ids[${i}]`));
    const compiled = filter === undefined ? undefined : compileFilter(filter);
    await this.#changes.run(async () =>
      this.#remove(named ?? (await this.#documents.idsWhere(compiled))),
    );
    this.#tidyLater();
  }

  async #remove(ids: readonly string[]): Promise<void> {
    const durable = this.#durable?.index;
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

  /** What the files are of that `open` makes and takes. */
  protected get storeFileKind(): StoreFileKind {
    return 'documents';
  }

  /** The file of a store that was opened: for classes that keep more in it than documents. */
  protected get storeFile(): StoreFile | undefined {
    return this.#durable?.file;
  }

  /**
   * Adds and removes documents of a store in a file and writes what else is kept there, all of it or nothing.
   *
   * @param prepare is called when all changes before are made
   */
  protected async changeStoreFile(prepare: () => Promise<FileChange>): Promise<void> {
    await this.#changes.run(async () => {
      const { vectors, documents, ...beside } = await prepare();
      const batch = await toDocumentBatch(documents, undefined);
      const kept = this.#documents as SqliteDocuments;
      kept.beside = beside;
      try {
        if (documents.length > 0) await this.#add(vectors, batch, {});
        else await this.#remove(beside.removed);
      } finally {
        kept.beside = undefined;
      }
    });
    this.#tidyLater();
  }

  /** The documents with the given ids, in that order; ids that are not in the store are left out. */
  async getByIds(ids: readonly DocumentId[]): Promise<Document[]> {
    const known = ids.map((id, i) => toId(id, `ids[${i}]`));
    return this.#atOnce(() =>
      known.flatMap((id) => {
        const entry = this.#documents.get(id);
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
    return this.#ask(query, async (vector) =>
      this.#documents.words
        ? this.#search(vector, k, filter, (found) => this.#answers(found), query)
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
    if (this.#similarity) {
      const found = await this.#compare(query, k, { filter, similarity: this.#similarity });
      return found.map(([{ document }, score]) => [copyDocument(document), score]);
    }
    return this.#search(query, k, filter, (found) => this.#answers(found));
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
    const { k, fetchK = 20, lambda = 0.5, filter } = options;
    const candidates = await this.#ask(query, (vector) =>
      this.#candidates(vector, Math.max(k, fetchK), { filter, text: query }),
    );
    const chosen = maximalMarginalRelevance(
      candidates.map(({ score }) => score),
      candidates.map(({ unit }) => unit),
      { k, lambda },
    );
    return chosen.map((i) => copyDocument((candidates[i] as Candidate).document));
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
    return (await this.#fit(options, false)).quantizer;
  }

  /**
   * Fits anew to the vectors that are there now, by the recipe that the store has, or trains a head: it takes
   * longer than other quantizers and finds more. As `fit`, in the background, but codes that find less of the nearest
   * than those that are there are not taken, unless a quantizer was given.
   *
   * @returns which codes there are now, whether they are new, and what the old and the new ones find
   * @throws BitryoshkaError as `fit`
   */
  async refit({ head = false, corpus, keepsBest, ...options }: RefitOptions = {}): Promise<Refit> {
    const isGated = keepsBest ?? options.quantizer === undefined;
    const dimensions = this.#index?.dimensions;
    if (dimensions === undefined || (head === false && corpus === undefined)) {
      return this.#fit(options, isGated);
    }
    const bits = this.quantizer?.bits ?? this.#recipe?.bits ?? Math.min(headBits, dimensions);
    const recipe = recipeOf(options.quantizer) ?? this.#recipe ?? { kind: 'itq', bits };
    const wanted: QuantizerRecipe =
      head === false
        ? recipe
        : {
            kind: 'head',
            bits: Math.min(bits, dimensions),
            ...(head !== true && { head }),
          };
    const quantizer = { ...wanted, corpus: corpus ?? recipe.corpus };
    return this.#fit({ ...options, quantizer }, isGated);
  }

  async #fit(options: FitOptions, keepsBest: boolean): Promise<Refit> {
    if (options.quantizer !== undefined) checkQuantizerOption(options.quantizer);
    if (this.#similarity) throw withoutCodes();
    const { signal, onProgress } = options;
    return this.#fits.run(async () => {
      // After what was added before.
      await this.#changes.run(() => undefined, signal);
      const task = { signal, onProgress };
      for (;;) {
        const { quantizer: wanted = this.#recipe } = options;
        const index = this.#index;
        if (!index) throw emptyStore('fit');
        const fitAndTake = async (learned: LearnedDocuments) => {
          const isFitted = wanted === undefined || isQuantizer(wanted);
          const fitted = isFitted ? wanted : await fitRecipe(wanted, learned, task);
          return index.refit(fitted, { ...task, keepsBest });
        };
        const learned = this.#learned(index);
        let refit: Refit;
        try {
          refit = await fitAndTake(learned);
          // What the questions tell may have been the wrong part of it.
          if (!refit.isReplaced && learned.questions && wanted && !isQuantizer(wanted)) {
            refit = await fitAndTake({ ...learned, questions: undefined });
          }
        } catch (cause) {
          // The vectors of before may have left the file.
          if (index === this.#index || !BitryoshkaError.isInstance(cause)) throw cause;
          continue;
        }
        const isWritten = await this.#changes.run(async () => {
          // Other vectors may have taken the place of those that were fitted to.
          if (index !== this.#index) return false;
          if (refit.isReplaced) this.#recipe = recipeOf(options.quantizer) ?? this.#recipe;
          // Searches use it already: no abort can undo it.
          await this.#durable?.index.persist(index);
          if (this.#durable) this.#saveOptions(this.#durable);
          return true;
        });
        if (isWritten) return refit;
      }
    }, signal);
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
    if (this.#reembedding) throw isReembedded();
    this.#durable?.file.checkWritable();
    const { signal } = task;
    signal?.throwIfAborted();
    const next: NextModel = { embeddings, model: undefined };
    const reembedding = this.#prepareReembedding(next);
    this.#reembedding = reembedding;
    try {
      next.model = await fingerprintOf(embeddings);
      await this.#resume(reembedding, next, task);
      const documents = () => this.#documents;
      await reembedding.embedAll(documents, task);
      await reembedding.settled(signal);
      await this.#changes.run(async () => {
        await reembedding.embedAll(documents, { ...task, isLast: true });
        await this.#swap(reembedding, next, task);
      }, signal);
    } catch (cause) {
      const { model } = next;
      const { index, isIntact } = reembedding;
      const canGoOn = !this.#durable && model !== undefined && isIntact;
      if (canGoOn && index) {
        this.#interrupted = { reembedding, model, dimensions: index.dimensions };
      } else index?.close();
      this.#durable?.index.forgetNext();
      throw cause;
    } finally {
      this.#reembedding = undefined;
      this.#tidyLater();
    }
  }

  #prepareReembedding(next: NextModel): Reembedding {
    const durable = this.#durable?.index;
    const { embeddings } = next;
    return new Reembedding({
      embeddings,
      createIndex: (dimensions) => {
        const storage = durable?.beginNext(this.#options.storage, dimensions, next.model);
        return this.#createIndex(dimensions, { embeddings, storage });
      },
      write: (addition, isLast) => {
        const written = durable ? () => durable.writeNext(addition) : addition;
        return isLast ? written() : this.#changes.run(written);
      },
      onRun: (row) => durable?.writeNextFrom(row),
      keepsVectors: this.#similarity !== undefined,
    });
  }

  /** Goes on where an earlier call with the same model was interrupted. */
  async #resume(
    reembedding: Reembedding,
    { embeddings, model }: NextModel,
    task: TaskOptions,
  ): Promise<void> {
    const kept = this.#interrupted;
    const durable = this.#durable?.index;
    const before = kept ?? durable?.interrupted;
    // Models of one name may differ in their dimensions nevertheless.
    const isSame = model !== undefined && before?.model === model;
    const fits = isSame && (await reembedding.fits(before.dimensions, task));
    // Where that failed, the next call goes on with it.
    this.#interrupted = undefined;
    if (!fits) {
      kept?.reembedding.index?.close();
      return;
    }
    if (kept) reembedding.takeOver(kept.reembedding);
    if (!durable) return;
    await this.#changes.run(async () => {
      const storage = durable.resumeNext();
      const index = this.#createIndex(before.dimensions as number, { embeddings, storage });
      const there = new Set(this.#documents.occupied());
      const isThere = (row: number) => there.has(row);
      await reembedding.resume(index, () => durable.takeUpNext(index, isThere, task));
    }, task.signal);
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
    const durable = this.#durable;
    durable?.file.checkWritable();
    // Whoever waits for what goes on is told of what fails in it.
    const settled = this.#index?.settled().catch((cause: unknown) => {
      this.#failure = { cause };
    });
    await unlessAborted(Promise.resolve(settled), task.signal);
    await this.#changes.run(async () => {
      if (this.#index) await durable?.index.compact(this.#index, task);
    }, task.signal);
  }

  /**
   * Saves the store to a folder, as a whole or not at all: a save that fails, is aborted or killed
   * leaves what was saved there before. Needs a file system.
   *
   * @throws BitryoshkaError `write-failed`, `write-conflict` when another store has saved to the folder since this one
   *   was made, loaded or saved, or `not-supported` where there is no file system
   */
  override async save(directory: string, options: SaveOptions = {}): Promise<void> {
    await this.#changes.run(() => {
      const model = this.#model.fingerprint;
      const parts = { index: this.#index, documents: this.#documents, model };
      const saved = this.#savedOptions();
      return saveStore(directory, { ...parts, options: saved, seen: this.#seen }, options);
    }, options.signal);
  }

  /** @param model that made the vectors, where that is known */
  async #add(
    vectors: Vectors,
    batch: DocumentBatch,
    options: AddOptions,
    model?: string,
  ): Promise<string[]> {
    const { ids, positions } = batch;
    options.signal?.throwIfAborted();
    // Values are checked as they are added.
    const given = Array.isArray(vectors) ? (vectors as number[][]) : checkedShape(vectors);
    const count = 'rows' in given ? given.rows : given.length;
    if (count !== ids.length) throw countMismatch(`vectors: got ${count}`, ids.length, 'document');
    if (ids.length === 0) return [];
    this.#checkModel(model);
    const known = this.#documents.count > 0 ? this.#model.fingerprint : undefined;
    const { columns } = 'rows' in given ? given : toMatrix(given.slice(0, 1));
    const index = this.#index ?? this.#createIndex(columns);
    // Searches see nothing of this until the end.
    this.#searched = this.#index?.snapshot();
    // What is learned from documents is learned when they are there.
    const release = index.hold();
    const durable = this.#durable?.index;
    if (this.#durable) this.#durable.model = known ?? model;
    try {
      await durable?.begin(index);
      const wanted = ids.length === positions.length ? given : chosenOf(given, positions);
      const first = await index.addAsync(wanted, options);
      const entries = this.#similarity
        ? withVectors(batch.entries, toLists(wanted))
        : batch.entries;
      try {
        const task = { signal: options.signal };
        await this.#documents.stage(entries, first, task);
        await durable?.writeRows(index, first, entries.length, this.#options.storage, task);
        const left = this.#documents.commit(entries.length, first);
        durable?.noteSealed();
        index.delete(left);
      } catch (cause) {
        index.delete(entries.map((_, i) => first + i));
        throw cause;
      }
      this.#index = index;
      this.#model.fingerprint = known ?? model;
    } catch (cause) {
      if (this.#durable) this.#durable.model = this.#model.fingerprint;
      this.#documents.rollBack();
      durable?.forget();
      throw cause;
    } finally {
      this.#searched = undefined;
      release();
    }
    this.#tidyLater();
    return ids;
  }

  #createIndex(dimensions: number, next?: NextIndex): AutoIndex {
    if (dimensions === 0) {
      throw new BitryoshkaError({
        code: 'empty-input',
        message: 'vectors: got 0 dimensions, expected at least one.',
        remedy: 'Check what the embedding model returned.',
      });
    }
    // Now rather than when the vectors are many and a fit is due.
    if (this.#recipe) checkFits(this.#recipe, dimensions);
    const index = new AutoIndex(this.#indexOptions(dimensions, next));
    if (this.#isClosed) index.close();
    return index;
  }

  #indexOptions(dimensions: number, next?: NextIndex): AutoIndexOptions {
    const { index, targetRecall, onIndexProgress } = this.#options;
    const storage =
      next?.storage ??
      this.#durable?.index.createStorage(this.#options.storage) ??
      this.#options.storage;
    const recipe = this.#recipe;
    return {
      dimensions,
      index: this.#similarity ? 'exact' : index,
      targetRecall,
      storage,
      onProgress: onIndexProgress,
      onAdapted: () => this.#tidyLater(),
      fit: recipe && {
        fewestRows: fewestVectors(recipe),
        fit: (filled, task) => fitRecipe(recipe, this.#learned(filled, next?.embeddings), task),
      },
      linker: isNode ? linkInThread : undefined,
    };
  }

  #learned(index: AutoIndex, embeddings = this.embeddings): LearnedDocuments {
    return {
      rows: this.#documents.occupied(),
      vector: (row) => (index.has(row) ? index.vector(row) : undefined),
      document: (row) => this.#documents.at(row)?.document,
      questions: this.#options.learnFromQuestions === false ? undefined : index.questionsToLearn(),
      dimensions: index.dimensions,
      embeddings,
    };
  }

  #savedOptions(): SavedOptions {
    const { similarity } = this.#options;
    return {
      ...this.#options,
      // What is exact has none, whatever it was refitted with.
      quantizer: this.#options.index === 'exact' ? undefined : this.#recipe,
      similarity: typeof similarity === 'function' ? 'function' : similarity,
    };
  }

  #saveOptions(durable: DurableStore): void {
    const storage = durable.format(this.#options.storage);
    durable.saveOptions({ ...this.#savedOptions(), storage }, this.storeFileKind);
  }

  /** Takes up what is in the file. */
  async #read(durable: DurableStore, task: Pick<TaskOptions, 'signal'> = {}): Promise<void> {
    const optionsOf = (dimensions: number) => this.#indexOptions(dimensions);
    const { index, documents } = await durable.load(optionsOf, this.#options, task);
    // Codes and links are made by the store that writes.
    if (durable.file.isReadOnly) index?.hold();
    this.#documents = documents;
    this.#index = index;
    this.#model.fingerprint = durable.model;
  }

  /** Vectors of texts, and the model that made them. */
  async #embed(
    texts: readonly string[],
    task: TaskOptions,
  ): Promise<{ readonly vectors: number[][]; readonly model: string | undefined }> {
    const { embeddings } = this;
    if (texts.length === 0) return { vectors: [], model: undefined };
    const model = await this.#model.of(embeddings);
    this.#checkModel(model);
    return { vectors: await embedTexts(embeddings, texts, task), model };
  }

  /** Answers a text by the vectors of one model: again where the store was embedded anew meanwhile. */
  async #ask<Answer>(text: string, answer: (vector: number[]) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const reembedded = this.#reembedded;
      try {
        if (this.#durable) await this.#refresh(this.#durable);
        const { embeddings } = this;
        const model = await this.#useModel(embeddings);
        const found = await answer(await embeddings.embedQuery(text));
        if (reembedded !== this.#reembedded) continue;
        // Another process may have embedded its file anew.
        this.#checkModel(model);
        return found;
      } catch (cause) {
        if (reembedded === this.#reembedded) throw cause;
      }
    }
  }

  /** @throws BitryoshkaError `model-mismatch` */
  #checkModel(model: string | undefined): void {
    if (this.#documents.count > 0) checkSameModel(this.#model.fingerprint, model);
  }

  /** Vectors that nobody has told the model of are taken for those of the first that is used. */
  async #useModel(embeddings: EmbeddingsInterface): Promise<string | undefined> {
    const model = await this.#model.of(embeddings);
    this.#checkModel(model);
    if (this.#documents.count > 0 && embeddings === this.embeddings) {
      this.#model.fingerprint ??= model;
      if (this.#durable) this.#durable.model ??= model;
    }
    return model;
  }

  async #checkOpened(): Promise<void> {
    const isKnown = this.#model.fingerprint !== undefined;
    // As before there were fingerprints: a model that cannot be loaded is told of when it is used.
    await this.#useModel(this.embeddings).catch((cause: unknown) => {
      if (isKnown) throw cause;
    });
  }

  /** What was embedded anew takes the place of what is searched. */
  async #swap(
    reembedding: Reembedding,
    { embeddings, model }: NextModel,
    task: TaskOptions,
  ): Promise<void> {
    const before = this.#index;
    const durable = this.#durable;
    const table = this.#documents;
    if (before) {
      const probe = () => reembedding.probe(task);
      const index =
        reembedding.index ?? (await (durable ? durable.index.writeNext(probe) : probe()));
      const gone = Array.from(index.rowIds()).filter((row) => !before.has(row));
      index.skipTo(before.contents.rows.nextRow);
      const documents =
        this.#similarity && table instanceof DocumentTable
          ? await table.withVectors(reembedding.vectors, task)
          : table;
      task.signal?.throwIfAborted();
      await durable?.index.swap(index, gone, () => durable.file.set('model', model));
      index.delete(gone);
      this.#documents = documents;
      this.#index = index;
      before.close();
      reembedding.release();
    }
    if (durable) durable.model = model;
    this.#model.fingerprint = model;
    this.embeddings = embeddings;
    this.#reembedded++;
  }

  /** Takes up what another process has written; whoever asks meanwhile waits for it. */
  async #refresh(durable: DurableStore): Promise<void> {
    if (!this.#refreshing && !durable.isStale) return;
    this.#refreshing ??= this.#takeUp(durable).finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  async #takeUp(durable: DurableStore): Promise<void> {
    const changes = this.#index && durable.refresh(this.#index);
    if (changes) (this.#documents as SqliteDocuments).note(changes.added, changes.removed);
    else await this.#read(durable);
  }

  /** Reads what belongs together: where another process writes, as it is at one moment. */
  async #atOnce<T>(read: () => T): Promise<T> {
    const durable = this.#durable;
    if (!durable?.file.isReadOnly) return read();
    for (;;) {
      await this.#refresh(durable);
      // Another that has waited may have begun to read anew.
      if (this.#refreshing) continue;
      const done = durable.file.atOnce(() => (durable.isStale ? undefined : { value: read() }));
      if (done) return done.value;
    }
  }

  /** Writes what the index is now, and lets go of what is left of documents that are gone. */
  #tidyLater(): void {
    const durable = this.#durable;
    if (!durable || !this.#index || this.#isClosed || this.#index.isAdapting) return;
    this.#changes
      .run(async () => {
        const index = this.#index;
        if (!index || this.#isClosed) return;
        await durable.index.persist(index);
        if (!index.isAdapting) await durable.index.collect(index);
      })
      .catch((cause: unknown) => {
        this.#failure = { cause };
      });
  }

  /**
   * @param take makes something of what is found, at once
   * @param text the query, where words are to be searched as well
   */
  async #search<T>(
    query: ArrayLike<number>,
    k: number,
    filter: DocumentFilter | undefined,
    take: (found: readonly ScoredRow[]) => T,
    text?: string,
  ): Promise<T> {
    const compiled = checkSearch(k, filter);
    if (this.#durable) await this.#refresh(this.#durable);
    let allowed = compiled && this.#documents.allowed(compiled);
    if (allowed instanceof Promise) allowed = await allowed;
    return this.#atOnce(() => take(this.#find(query, { k, allowed, text })));
  }

  #find(
    query: ArrayLike<number>,
    {
      k,
      allowed,
      text,
    }: {
      readonly k: number;
      readonly allowed: RowSet | undefined;
      readonly text: string | undefined;
    },
  ): ScoredRow[] {
    const documents = this.#documents;
    const index = this.#searched ?? this.#index;
    if (!index) return [];
    const { depth } = this.#options;
    const { words } = documents;
    const wanted = { k: Math.min(k, documents.count), allowed };
    if (text === undefined || !words) return index.search(query, { ...depth, ...wanted });
    return searchHybrid(index, words.index, {
      ...wanted,
      text,
      vector: query,
      depth,
      isExact: this.quantizer === undefined,
      alpha: words.alpha,
    });
  }

  #answers(found: readonly ScoredRow[]): [Document, number][] {
    return found.flatMap(({ row, score }) => {
      const entry = this.#documents.at(row);
      return entry ? [[copyDocument(entry.document), score] satisfies [Document, number]] : [];
    });
  }

  /** By what no index can find. */
  async #compare(
    query: ArrayLike<number>,
    k: number,
    options: {
      readonly filter: DocumentFilter | undefined;
      readonly similarity: SimilarityFunction;
    },
  ): Promise<[DocumentEntry & Compared, number][]> {
    const compiled = checkSearch(k, options.filter);
    if (!this.#index) return [];
    toMatrix([Array.from(query)], { columns: this.#index.dimensions, name: 'query' });
    const asked = Array.isArray(query) ? (query as number[]) : Array.from(query);
    const entries = (this.#documents as DocumentTable).entriesWhere(compiled) as (DocumentEntry &
      Compared)[];
    return mostSimilar(entries, asked, k, options.similarity);
  }

  /** What is close, with cosines. */
  async #candidates(
    query: number[],
    k: number,
    { filter, text }: { readonly filter: DocumentFilter | undefined; readonly text: string },
  ): Promise<Candidate[]> {
    if (this.#similarity) {
      const unitQuery = toUnit(query);
      const found = await this.#compare(query, k, { filter, similarity: this.#similarity });
      return found.map(([{ document, vector }]) => {
        const unit = toUnit(vector);
        return { document, unit, score: dot(unitQuery, unit) };
      });
    }
    const toCandidate = ({ row, score }: ScoredRow): Candidate[] => {
      const document = this.#documents.at(row)?.document;
      return document ? [{ document, unit: (this.#index as AutoIndex).vector(row), score }] : [];
    };
    return this.#search(query, k, filter, (found) => found.flatMap(toCandidate), text);
  }
}

/** Documents that are added with their vectors, and what else changes with them. */
export interface FileChange extends ChangeBeside {
  readonly vectors: number[][];
  readonly documents: readonly DocumentInterface[];
}

/** What is to embed all documents anew. */
interface NextModel {
  readonly embeddings: EmbeddingsInterface;
  /** Its fingerprint, where it has one and that is known. */
  model: string | undefined;
}

/** An index that is to take the place of another. */
interface NextIndex {
  readonly embeddings: EmbeddingsInterface;
  /** Where its vectors go in a file. */
  readonly storage: AutoIndexOptions['storage'];
}

interface Candidate {
  readonly document: Document;
  /** Its vector, of unit length. */
  readonly unit: Float32Array;
  readonly score: number;
}

async function filled<Store extends BinaryVectorStore>(
  store: Store,
  documents: DocumentInterface[],
  { ids, signal, onProgress }: AddOptions,
): Promise<Store> {
  await store.addDocuments(documents, { ids, signal, onProgress });
  return store;
}

/** Of a head that is trained where there are no codes yet. */
const headBits = 256;

const linkInThread: GraphLinker = async (codes, options) =>
  ((await loadNodePlatform()) as NodePlatform).linkInThread(codes, options);

function withoutUndefined<Options extends object>(options: Options): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Options;
}

function checkDirectory(directory: unknown): void {
  if (typeof directory === 'string' && directory !== '') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `delete: got ${JSON.stringify(directory)} for directory, expected a path.`,
    remedy: 'Name the folder that the store was saved to.',
  });
}

/** @throws BitryoshkaError `invalid-option` */
function checkSearch(k: number, filter: DocumentFilter | undefined): CompiledFilter | undefined {
  const compiled = filter === undefined || filter === null ? undefined : compileFilter(filter);
  if (Number.isSafeInteger(k) && k >= 0) return compiled;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `k: got ${JSON.stringify(k)}, expected a whole number from 0 up.`,
    remedy: 'Say how many documents to return.',
  });
}

/** Lists as they are; anything else in lists of its own. */
function toLists(vectors: Vectors): number[][] {
  if (Array.isArray(vectors)) {
    return vectors.map((vector) =>
      Array.isArray(vector) ? (vector as number[]) : Array.from(vector),
    );
  }
  const { rows, columns, data } = vectors as Matrix;
  return Array.from({ length: rows }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

function withVectors(entries: readonly DocumentEntry[], vectors: number[][]): DocumentEntry[] {
  return entries.map((entry, i) => ({ ...entry, vector: vectors[i] as number[] }));
}

function chosenOf(vectors: Matrix | number[][], positions: readonly number[]): Vectors {
  if ('rows' in vectors) return selectRows(vectors, positions);
  return positions.map((i) => vectors[i] as number[]);
}

function recipeOf(quantizer: Quantizer | QuantizerRecipe | undefined): QuantizerRecipe | undefined {
  if (!quantizer || !isQuantizer(quantizer)) return quantizer;
  const kind = quantizerKinds.find((known) => known === quantizer.kind);
  return kind && { kind, bits: quantizer.bits };
}

function withoutCodes(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message:
      'fit: got a store whose similarity is not cosine, expected one that codes can find by.',
    remedy: 'Leave similarity out; for vectors of unit length the order is the same.',
  });
}

function withoutFunction(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: 'similarity: got none, expected the function that the store was saved with.',
    remedy: 'Pass it as an option of load.',
  });
}

function withoutLengths(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message:
      'similarity: got a store that was saved with cosines, expected one with whole vectors.',
    remedy: 'Leave similarity out, or add the documents to a new store with that similarity.',
  });
}

function isReembedded(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: 'reembed: got a call while another goes on, expected one at a time.',
    remedy: 'Wait for the other, or abort it by its signal.',
  });
}

function emptyStore(task: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-enough-vectors',
    message: `${task}: got an empty store, expected one with vectors.`,
    remedy: 'Add documents first.',
  });
}

function countMismatch(got: string, expected: number, per: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${got}, expected ${expected}: one per ${per}.`,
    remedy: `Pass one per ${per}.`,
  });
}
