import type {
  AutoIndexOptions,
  GraphLinker,
  IndexSnapshot,
  IndexView,
  Matrix,
  Quantizer,
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
import { checkedShape } from '@bitryoshka/core/internal';
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { SaveableVectorStore } from '@langchain/core/vectorstores';
import type { DocumentBatch, DocumentEntry } from '../documents/document-batch.ts';
import { copiedAtOnce, copyDocument, toDocumentBatch } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { createWordSearch } from '../lexical/hybrid-options.ts';
import { searchHybrid } from '../lexical/search-hybrid.ts';
import type { NodePlatform } from '../platform.ts';
import { isNode, loadNodePlatform } from '../platform.ts';
import { loadStore, saveStore } from '../snapshot/store-snapshot.ts';
import type { LearnedDocuments } from './fit-recipe.ts';
import { checkFits, fewestVectors, fitRecipe } from './fit-recipe.ts';
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
  /** How nearest documents are found now. */
  readonly index: AutoIndex['finder'];
  /** Length of a code; undefined while searches are exact. */
  readonly bits: number | undefined;
  /** Bytes of the codes: what a search scans. */
  readonly codeBytes: number;
  /** Bytes of the vectors, in memory or in files: what re-ranking reads, row by row. */
  readonly vectorBytes: number;
}

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
  readonly #options: Omit<BinaryVectorStoreOptions, 'quantizer' | 'bits'>;
  /** How to fit, unless by default. */
  #recipe: QuantizerRecipe | undefined;
  #index: AutoIndex | undefined;
  /** What the index was before an addition that is not complete. */
  #searched: IndexSnapshot | undefined;
  #documents: DocumentTable;
  #isClosed = false;

  /**
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(embeddings: EmbeddingsInterface, options: BinaryVectorStoreOptions = {}) {
    super(embeddings, options);
    checkStoreOptions(options);
    const { bits, index, targetRecall, depth, storage, fields, hybrid, onIndexProgress } = options;
    const quantizer =
      options.quantizer ?? (bits === undefined ? undefined : { kind: 'tuned' as const, bits });
    this.#options = { index, targetRecall, depth, storage, fields, hybrid, onIndexProgress };
    this.#documents = new DocumentTable(fields, createWordSearch(hybrid));
    this.#recipe = recipeOf(quantizer);
    if (quantizer && isQuantizer(quantizer)) {
      this.#index = new AutoIndex({ ...this.#indexOptions(quantizer.inputDimensions), quantizer });
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
    const chosen = Object.entries(options).filter(
      ([name, value]) => name !== 'signal' && value !== undefined,
    );
    let store = new BinaryVectorStore(embeddings);
    const { index, documents } = await loadStore(directory, options, (saved) => {
      store = new BinaryVectorStore(embeddings, { ...saved, ...Object.fromEntries(chosen) });
      return (dimensions) => store.#indexOptions(dimensions);
    });
    store.#index = index;
    store.#documents = documents;
    index?.follow();
    return store;
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
  }

  /**
   * Stops what goes on in the background, and begins nothing there any more: for a program that ends. The store goes
   * on as it is.
   */
  close(): void {
    this.#isClosed = true;
    this.#index?.close();
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
    const embedding = copying.then(({ texts }) => {
      options.signal?.throwIfAborted();
      return embedTexts(this.embeddings, texts, options);
    });
    embedding.catch(() => undefined);
    return this.#changes.run(async () => this.#add(await embedding, await copying, options));
  }

  /**
   * The same with vectors that are there already.
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
    const given = isCopied ? toMatrix(vectors) : vectors;
    return this.#changes.run(async () => this.#add(given, await copying, options));
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
    const compiled = filter === undefined ? undefined : compileFilter(filter);
    await this.#changes.run(() => {
      const chosen = ids ?? this.#documents.idsWhere(compiled);
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
    if (!this.#documents.words) return super.similaritySearch(query, k, filter, callbacks);
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
    callbacks?: Callbacks,
  ): Promise<[Document, number][]> {
    if (!this.#documents.words) return super.similaritySearchWithScore(query, k, filter, callbacks);
    const vector = await this.embeddings.embedQuery(query);
    return this.#answers(this.#search(vector, k, filter, query));
  }

  /**
   * By the vector alone, in a hybrid store, too.
   *
   * @param k how many documents, at most; that many are found whenever the filter lets so many through
   * @returns documents and cosine similarities, best first
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite` or `invalid-option`
   */
  override async similaritySearchVectorWithScore(
    query: ArrayLike<number>,
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    return this.#answers(this.#search(query, k, filter));
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
    const found = this.#search(vector, Math.max(k, fetchK), filter, query);
    const chosen = maximalMarginalRelevance(
      found.map(({ score }) => score),
      found.map(({ row }) => (this.#index as AutoIndex).vector(row)),
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
      const { signal, onProgress, quantizer: wanted = this.#recipe } = options;
      signal?.throwIfAborted();
      const index = this.#index;
      if (!index) throw emptyStore('fit');
      const task = { signal, onProgress };
      const fitted =
        wanted === undefined || isQuantizer(wanted)
          ? wanted
          : await fitRecipe(wanted, this.#learned(index), task);
      const used = await index.refit(fitted, task);
      this.#recipe = recipeOf(options.quantizer) ?? this.#recipe;
      return used;
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
    return this.fit({
      ...options,
      quantizer: { ...wanted, corpus: corpus ?? recipe.corpus },
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

  async #add(vectors: Vectors, batch: DocumentBatch, options: AddOptions): Promise<string[]> {
    const { ids, entries, positions } = batch;
    options.signal?.throwIfAborted();
    // Values are checked as they are added.
    const given = Array.isArray(vectors) ? (vectors as number[][]) : checkedShape(vectors);
    const count = 'rows' in given ? given.rows : given.length;
    if (count !== ids.length) throw countMismatch(`vectors: got ${count}`, ids.length, 'document');
    if (ids.length === 0) return [];
    const { columns } = 'rows' in given ? given : toMatrix(given.slice(0, 1));
    const index = this.#index ?? this.#createIndex(columns);
    // Searches see nothing of this until the end.
    this.#searched = this.#index?.snapshot();
    // What is learned from documents is learned when they are there.
    const release = index.hold();
    try {
      const wanted = ids.length === entries.length ? given : chosenOf(given, positions);
      const first = await index.addAsync(wanted, options);
      try {
        await this.#documents.stage(entries, first, { signal: options.signal });
      } catch (cause) {
        index.delete(entries.map((_, i) => first + i));
        throw cause;
      }
      this.#index = index;
      index.delete(this.#documents.commit(entries.length, first));
    } finally {
      this.#searched = undefined;
      release();
    }
    return ids;
  }

  #createIndex(dimensions: number): AutoIndex {
    if (dimensions === 0) {
      throw new BitryoshkaError({
        code: 'empty-input',
        message: 'vectors: got 0 dimensions, expected at least one.',
        remedy: 'Check what the embedding model returned.',
      });
    }
    // Now rather than when the vectors are many and a fit is due.
    if (this.#recipe) checkFits(this.#recipe, dimensions);
    const index = new AutoIndex(this.#indexOptions(dimensions));
    if (this.#isClosed) index.close();
    return index;
  }

  #indexOptions(dimensions: number): AutoIndexOptions {
    const { index, targetRecall, storage, onIndexProgress } = this.#options;
    const recipe = this.#recipe;
    return {
      dimensions,
      index,
      targetRecall,
      storage,
      onProgress: onIndexProgress,
      fit: recipe && {
        fewestRows: fewestVectors(recipe),
        fit: (filled, task) => fitRecipe(recipe, this.#learned(filled), task),
      },
      linker: isNode ? linkInThread : undefined,
    };
  }

  #learned(index: AutoIndex): LearnedDocuments {
    return {
      rows: this.#documents.occupied(),
      vector: (row) => (index.has(row) ? index.vector(row) : undefined),
      document: (row) => this.#documents.at(row)?.document,
      dimensions: index.dimensions,
      embeddings: this.embeddings,
    };
  }

  /** @param text the query, where words are to be searched as well */
  #search(
    query: ArrayLike<number>,
    k: number,
    filter: DocumentFilter | undefined,
    text?: string,
  ): ScoredRow[] {
    const isFiltered = filter !== undefined && filter !== null;
    const compiled = isFiltered ? compileFilter(filter) : undefined;
    if (!Number.isSafeInteger(k) || k < 0) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `k: got ${JSON.stringify(k)}, expected a whole number from 0 up.`,
        remedy: 'Say how many documents to return.',
      });
    }
    const index = this.#searched ?? this.#index;
    const documents = this.#documents;
    if (!index) return [];
    const { depth } = this.#options;
    const { words } = documents;
    const wanted = {
      k: Math.min(k, documents.count),
      allowed: compiled && documents.allowed(compiled),
    };
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
    return found.map(({ row, score }) => [copyDocument(this.#entry(row).document), score]);
  }

  #entry(row: number): DocumentEntry {
    return this.#documents.at(row) as DocumentEntry;
  }
}

/** Of a head that is trained where there are no codes yet. */
const headBits = 256;

const linkInThread: GraphLinker = async (codes, options) =>
  ((await loadNodePlatform()) as NodePlatform).linkInThread(codes, options);

function chosenOf(vectors: Matrix | number[][], positions: readonly number[]): Vectors {
  if ('rows' in vectors) return selectRows(vectors, positions);
  return positions.map((i) => vectors[i] as number[]);
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
