import type {
  FlatIndexOptions,
  Matrix,
  Quantizer,
  ScoredRow,
  SearchTuning,
  TaskOptions,
  TuneSearchOptions,
  VectorIndex,
  Vectors,
} from '@bitryoshka/core';
import {
  addInBlocks,
  BitryoshkaError,
  bytesPerCode,
  ExactIndex,
  FlatIndex,
  quantizerKinds,
  selectRows,
  toMatrix,
  tuneSearch,
} from '@bitryoshka/core';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { SaveableVectorStore } from '@langchain/core/vectorstores';
import type { DocumentBatch, DocumentEntry } from '../documents/document-batch.ts';
import { copyDocument, toDocumentBatch } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { loadStore, saveStore } from '../snapshot/store-snapshot.ts';
import { checkFits, defaultRecipe, fewestVectors, fitIndex } from './fit-index.ts';
import { maximalMarginalRelevance } from './maximal-marginal-relevance.ts';
import type {
  AddOptions,
  BinaryVectorStoreOptions,
  CreateOptions,
  DeleteOptions,
  FitOptions,
  LoadOptions,
  QuantizerRecipe,
  RefitOptions,
} from './store-options.ts';
import { checkQuantizerOption, checkStoreOptions, isQuantizer } from './store-options.ts';
import { TaskQueue } from './task-queue.ts';

/** What a store holds, and what that takes. */
export interface StoreStatistics {
  /** Documents. */
  readonly count: number;
  /** Of the vectors; undefined while there are none. */
  readonly dimensions: number | undefined;
  /** Length of a code; undefined while searches are exact. */
  readonly bits: number | undefined;
  /** Bytes of the codes: what a search scans. */
  readonly codeBytes: number;
  /** Bytes of the vectors, in memory or in files: what re-ranking reads, row by row. */
  readonly vectorBytes: number;
}

/**
 * A vector store in memory that searches binary codes: a scan of all codes by Hamming distance gives
 * candidates, and the stored vectors decide among the best. It starts exact and fits its codes to its
 * own vectors once there are enough of them. Scores are cosine similarities, higher is better.
 *
 * Changes are made one after the other, in the order in which they were asked for; a change that fails
 * or is aborted changes nothing. Searches wait for none, and see the store before or after each.
 */
export class BinaryVectorStore extends SaveableVectorStore {
  declare FilterType: DocumentFilter;

  readonly #changes: TaskQueue = new TaskQueue();
  #options: Omit<BinaryVectorStoreOptions, 'quantizer' | 'bits'>;
  /** How to fit, unless by default, which depends on the dimension. */
  #recipe: QuantizerRecipe | undefined;
  #index: ExactIndex | FlatIndex | undefined;
  /** What the index was before an addition that is not complete. */
  #searched: Pick<VectorIndex, 'search'> | undefined;
  #documents: DocumentTable = new DocumentTable();

  /**
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(embeddings: EmbeddingsInterface, options: BinaryVectorStoreOptions = {}) {
    super(embeddings, options);
    checkStoreOptions(options);
    const { bits, fitAt, depth, storage, norms, prefixBits } = options;
    const quantizer =
      options.quantizer ?? (bits === undefined ? undefined : { kind: 'tuned' as const, bits });
    this.#options = { fitAt, depth, storage, norms, prefixBits };
    this.#recipe = recipeOf(quantizer);
    if (quantizer && isQuantizer(quantizer)) {
      this.#index = new FlatIndex(quantizer, undefined, undefined, this.#layout);
    }
  }

  /**
   * @param metadatas one object per text, or one for all of them; an empty list for none
   */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options: CreateOptions = {},
  ): Promise<BinaryVectorStore> {
    const isList = Array.isArray(metadatas);
    if (isList && metadatas.length > 0 && metadatas.length !== texts.length) {
      throw countMismatch(`metadatas: got ${metadatas.length}`, texts.length, 'text');
    }
    const documents = texts.map((pageContent, i) => ({
      pageContent,
      metadata: (isList ? metadatas[i] : metadatas) ?? {},
    }));
    return BinaryVectorStore.fromDocuments(documents, embeddings, options);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: CreateOptions = {},
  ): Promise<BinaryVectorStore> {
    const { signal, onProgress } = options;
    const store = new BinaryVectorStore(embeddings, options);
    await store.addDocuments(documents, { signal, onProgress });
    return store;
  }

  /**
   * A store as it was when it was saved. Needs a file system.
   *
   * @param embeddings of the model that the store was filled with
   * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `truncated-file` or
   *   `checksum-mismatch`
   */
  static override async load(
    directory: string,
    embeddings: EmbeddingsInterface,
    options: LoadOptions = {},
  ): Promise<BinaryVectorStore> {
    const { signal, fitAt, depth, storage, norms, prefixBits } = options;
    const saved = await loadStore(directory, { signal, storage, norms, prefixBits });
    const store = new BinaryVectorStore(embeddings, {
      quantizer: saved.options.quantizer,
      fitAt: fitAt ?? saved.options.fitAt,
      depth: depth ?? saved.options.depth,
      storage: storage ?? saved.options.storage,
      norms: norms ?? saved.options.norms,
      prefixBits: prefixBits ?? saved.options.prefixBits,
    });
    store.#index = saved.index;
    store.#documents = saved.documents;
    return store;
  }

  // The base class calls this before any field is set.
  _vectorstoreType(): string {
    return 'bitryoshka';
  }

  /** What makes the codes; undefined while searches are exact. */
  get quantizer(): Quantizer | undefined {
    return this.#index && 'quantizer' in this.#index ? this.#index.quantizer : undefined;
  }

  /** The vectors behind the documents, to read; undefined while there are none. */
  get index(): VectorIndex | undefined {
    return this.#index;
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
      bits,
      codeBytes: bits === undefined ? 0 : count * bytesPerCode(bits),
      vectorBytes: count * (this.#index?.bytesPerVector ?? 0),
    };
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
    const batch = toDocumentBatch(documents, options.ids);
    options.signal?.throwIfAborted();
    if (documents.length === 0) return [];
    // Begun at once and awaited in turn: several calls embed side by side and add in their order.
    const texts = documents.map(({ pageContent }) => pageContent);
    const embedding = embedTexts(this.embeddings, texts, options);
    embedding.catch(() => undefined);
    return this.#changes.run(async () => this.#add(toMatrix(await embedding), batch, options));
  }

  /**
   * The same with vectors that are there already.
   *
   * @param vectors one per document; a matrix must not change before the promise is settled
   */
  override async addVectors(
    vectors: Vectors,
    documents: DocumentInterface[],
    options: AddOptions = {},
  ): Promise<string[]> {
    const batch = toDocumentBatch(documents, options.ids);
    const matrix = toMatrix(vectors);
    return this.#changes.run(() => this.#add(matrix, batch, options));
  }

  /**
   * Deletes the documents with the given ids, those that a filter lets through, or all.
   *
   * @throws BitryoshkaError `invalid-option` unless exactly one of the three is given
   */
  override async delete(options: DeleteOptions<DocumentFilter> = {}): Promise<void> {
    const { ids, filter, deleteAll } = options;
    const given = [ids !== undefined, filter !== undefined, deleteAll === true];
    if (given.filter(Boolean).length !== 1) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `delete: got ${given.filter(Boolean).length} of ids, filter and deleteAll, expected one.`,
        remedy: 'Say which documents to delete: { ids }, { filter } or { deleteAll: true }.',
      });
    }
    if (ids !== undefined && !Array.isArray(ids)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `delete: got ids of type ${typeof ids}, expected a list of strings.`,
        remedy: 'Pass { ids: [id] }.',
      });
    }
    const predicate = filter === undefined ? undefined : compileFilter(filter);
    await this.#changes.run(() => {
      const chosen = ids ?? this.#idsWhere(predicate);
      const rows = chosen.map((id) => this.#documents.delete(id));
      this.#index?.delete(rows.filter((row) => row !== undefined));
    });
  }

  /** The documents with the given ids, in that order; ids that are not in the store are left out. */
  async getByIds(ids: readonly string[]): Promise<Document[]> {
    return ids.flatMap((id) => {
      const entry = this.#documents.get(id);
      return entry ? [copyDocument(entry.document)] : [];
    });
  }

  /**
   * @param k how many documents, at most; that many are found whenever the filter lets so many through
   * @returns documents and cosine similarities, best first
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite` or `invalid-option`
   */
  override async similaritySearchVectorWithScore(
    query: ArrayLike<number>,
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    return this.#search(query, k, filter).map(({ row, score }) => [
      copyDocument(this.#entry(row).document),
      score,
    ]);
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
    const vector = await this.embeddings.embedQuery(query);
    const found = this.#search(vector, Math.max(k, fetchK), filter);
    const chosen = maximalMarginalRelevance(
      found.map(({ score }) => score),
      found.map(({ row }) => (this.#index as ExactIndex | FlatIndex).vector(row)),
      { k, lambda },
    );
    return chosen.map((i) => copyDocument(this.#entry((found[i] as ScoredRow).row).document));
  }

  /**
   * Fits a quantizer to the vectors that are there now, or takes one that was fitted elsewhere, and
   * encodes all vectors anew. Searches use the old codes until the new ones are complete.
   *
   * @throws BitryoshkaError `not-enough-vectors` with no more vectors than bits, `invalid-option`, or
   *   `dimension-mismatch`
   */
  async fit(options: FitOptions = {}): Promise<Quantizer> {
    if (options.quantizer !== undefined) checkQuantizerOption(options.quantizer);
    return this.#changes.run(async () => {
      options.signal?.throwIfAborted();
      const index = this.#index;
      if (!index) throw emptyStore('fit');
      const quantizer = options.quantizer ?? this.#recipe ?? defaultRecipe(index.dimensions);
      const rows = this.#documents.occupied();
      const learned = {
        rows,
        documents: rows.map((row) => this.#entry(row).document),
        embeddings: this.embeddings,
      };
      const fitted = await fitIndex(index, learned, quantizer, { ...options, ...this.#layout });
      this.#index = fitted;
      this.#recipe = recipeOf(options.quantizer) ?? this.#recipe;
      return fitted.quantizer;
    });
  }

  /**
   * Fits anew to the vectors that are there now, by the recipe that the store has, or trains a head: it takes
   * longer than other quantizers and finds more. Searches use the old codes until the new ones are complete.
   *
   * @throws BitryoshkaError as `fit`
   */
  async refit({ head = false, corpus, ...options }: RefitOptions = {}): Promise<Quantizer> {
    const dimensions = this.#index?.dimensions;
    if (dimensions === undefined || (head === false && corpus === undefined)) {
      return this.fit(options);
    }
    const recipe = recipeOf(options.quantizer) ?? this.#recipe ?? defaultRecipe(dimensions);
    const bits = this.quantizer?.bits ?? recipe.bits;
    const wanted: QuantizerRecipe =
      head === false ? recipe : { kind: 'head', bits, ...(head !== true && { head }) };
    return this.fit({
      ...options,
      quantizer: { ...wanted, corpus: corpus ?? recipe.corpus },
    });
  }

  /**
   * Chooses the length of the codes and the depth of searches, so that searches find a share of what an
   * exact search finds with the least work, and encodes all vectors so. Give it vectors of queries such as
   * are asked: those of the documents themselves, its default, are easier to answer. Later additions make
   * the task harder: tune again when the store has grown by half.
   *
   * @throws BitryoshkaError as `tuneSearch` of `@bitryoshka/core`; the store stays as it is then
   */
  async tuneSearch(options: TuneSearchOptions): Promise<SearchTuning> {
    return this.#changes.run(async () => {
      options.signal?.throwIfAborted();
      const index = this.#index;
      if (!index) throw emptyStore('tuneSearch');
      const tuning = await tuneSearch(index.vectors.toMatrix(), options);
      const { quantizer, prefixBits, depth } = tuning;
      const { signal, onProgress } = options;
      const encoding = { ...this.#layout, prefixBits, signal, onProgress };
      this.#index = await FlatIndex.encode(index, quantizer, encoding);
      this.#recipe = recipeOf(quantizer) ?? this.#recipe;
      this.#options = { ...this.#options, prefixBits, depth };
      return tuning;
    });
  }

  /**
   * Saves the store to a folder, as a whole or not at all: a save that fails, is aborted or killed
   * leaves what was saved there before. Needs a file system.
   *
   * @throws BitryoshkaError `write-failed`, or `not-supported` for metadata with functions, instances of
   *   classes or cycles
   */
  override async save(directory: string, options: TaskOptions = {}): Promise<void> {
    await this.#changes.run(() => {
      const parts = { index: this.#index, documents: this.#documents };
      const saved = { ...this.#options, quantizer: this.#recipe };
      return saveStore(directory, { ...parts, options: saved }, options);
    });
  }

  async #add(vectors: Matrix, batch: DocumentBatch, options: AddOptions): Promise<string[]> {
    const { ids, entries, positions } = batch;
    options.signal?.throwIfAborted();
    if (vectors.rows !== ids.length) {
      throw countMismatch(`vectors: got ${vectors.rows}`, ids.length, 'document');
    }
    if (ids.length === 0) return [];
    const index = this.#index ?? this.#createIndex(vectors.columns);
    const wanted = ids.length === entries.length ? vectors : selectRows(vectors, positions);
    const matrix = toMatrix(wanted, { columns: index.dimensions });
    // Searches see nothing of this until the end.
    this.#searched = this.#index?.snapshot();
    let added: number[] = [];
    try {
      const first = await addInBlocks(index, matrix, options);
      added = entries.map((_, i) => first + i);
      this.#index = (await this.#fitIfDue(index, entries, added, options)) ?? index;
    } catch (cause) {
      index.delete(added);
      throw cause;
    } finally {
      this.#searched = undefined;
    }
    this.#index.delete(this.#documents.append(entries, added[0] ?? 0));
    return ids;
  }

  /** How an index of codes keeps them and the vectors. */
  get #layout(): FlatIndexOptions {
    const { storage, norms, prefixBits } = this.#options;
    return { storage, norms, prefixBits };
  }

  #createIndex(dimensions: number): ExactIndex {
    if (dimensions === 0) {
      throw new BitryoshkaError({
        code: 'empty-input',
        message: 'vectors: got 0 dimensions, expected at least one.',
        remedy: 'Check what the embedding model returned.',
      });
    }
    // Now rather than when the vectors are many and a fit is due.
    checkFits(this.#recipe ?? defaultRecipe(dimensions), dimensions, this.#options.prefixBits);
    return new ExactIndex(dimensions);
  }

  /** @returns the index that is to take over, if any */
  async #fitIfDue(
    index: ExactIndex | FlatIndex,
    entries: readonly DocumentEntry[],
    added: readonly number[],
    options: TaskOptions,
  ): Promise<FlatIndex | undefined> {
    if ('quantizer' in index) return undefined;
    const recipe = this.#recipe ?? defaultRecipe(index.dimensions);
    const { fitAt = 1000 } = this.#options;
    const rows = this.#documents.occupied(new Set(entries.map(({ id }) => id)));
    if (rows.length + entries.length < Math.max(fitAt, fewestVectors(recipe))) return undefined;
    const learned = {
      rows: [...rows, ...added],
      documents: [
        ...rows.map((row) => this.#entry(row).document),
        ...entries.map(({ document }) => document),
      ],
      embeddings: this.embeddings,
    };
    return fitIndex(index, learned, recipe, { ...options, ...this.#layout });
  }

  #search(query: ArrayLike<number>, k: number, filter: DocumentFilter | undefined): ScoredRow[] {
    const isFiltered = filter !== undefined && filter !== null;
    const predicate = isFiltered ? compileFilter(filter) : undefined;
    const index = this.#searched ?? this.#index;
    const documents = this.#documents;
    if (!index) return [];
    return index.search(query, {
      ...this.#options.depth,
      k: Math.min(k, documents.count),
      allowed: predicate && documents.allowed(predicate),
    });
  }

  #entry(row: number): DocumentEntry {
    return this.#documents.at(row) as DocumentEntry;
  }

  #idsWhere(predicate: ((document: DocumentInterface) => boolean) | undefined): string[] {
    return [...this.#documents]
      .filter(({ document }) => predicate?.(document) ?? true)
      .map(({ id }) => id);
  }
}

function recipeOf(quantizer: Quantizer | QuantizerRecipe | undefined): QuantizerRecipe | undefined {
  if (!quantizer || !isQuantizer(quantizer)) return quantizer;
  const kind = quantizerKinds.find((known) => known === quantizer.kind);
  return kind && { kind, bits: quantizer.bits };
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
