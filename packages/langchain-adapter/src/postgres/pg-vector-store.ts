import type { TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { VectorStore } from '@langchain/core/vectorstores';
import type { DocumentId } from '../documents/document-batch.ts';
import { toDocumentBatch, toId } from '../documents/document-batch.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import type { Language } from '../lexical/languages.ts';
import { resolveDelete } from '../store/delete-options.ts';
import { maximalMarginalRelevance } from '../store/maximal-marginal-relevance.ts';
import { fingerprintOf } from '../store/store-model.ts';
import type { AddOptions, DeleteOptions } from '../store/store-options.ts';
import { checkEmbeddings } from '../store/store-options.ts';
import { checkSearch } from '../store/store-search.ts';
import { TaskQueue } from '../store/task-queue.ts';
import type { PgAttachedTable } from './collection/attached-table.ts';
import { findTable } from './collection/attached-table.ts';
import { PgChanges } from './collection/pg-changes.ts';
import type { CollectionState, PgDepth, WantedPart } from './collection/pg-collection.ts';
import { PgCollection } from './collection/pg-collection.ts';
import type { DocumentRow } from './collection/pg-documents.ts';
import { decodeDocument } from './collection/pg-documents.ts';
import { checkModel } from './collection/pg-model.ts';
import { databaseError } from './database/pg-errors.ts';
import type { OpenPoolOptions, PgPool } from './database/pg-pool.ts';
import { inTransaction, openPool } from './database/pg-pool.ts';
import type { PgStorage } from './database/pg-schema.ts';
import { openSchema } from './database/pg-schema.ts';
import type { PgIndexOptions } from './fits/pg-fits.ts';
import { PgFits } from './fits/pg-fits.ts';
import type { PgStoreHealth } from './fits/pg-health.ts';
import { measurePgHealth } from './fits/pg-health.ts';
import type { PgRefit, PgRefitOptions } from './fits/pg-refit.ts';
import { refitTogether } from './fits/pg-refit.ts';
import { PgCopying } from './pg-copying.ts';
import { LocalCodes } from './search/local-codes.ts';
import type { PgHybridOptions } from './search/pg-hybrid.ts';
import { checkHybrid, defaultLanguage, fuseCandidates } from './search/pg-hybrid.ts';
import type { PgFound, PgWanted } from './search/pg-search.ts';
import { checkDepth, PgSearch } from './search/pg-search.ts';

/** Where a store is, and how it is made where there is none. Options that a store does not know are ignored. */
export interface PgStoreOptions extends OpenPoolOptions {
  /** A pool of `pg`, which stays the caller's, or `pglitePool(db)`. */
  readonly pool?: PgPool | undefined;
  /** What `pg` connects with, instead of a pool: a URL or its options. */
  readonly connection?: string | object | undefined;
  /** Of all tables. Default: `bitryoshka`. */
  readonly schema?: string | undefined;
  /** Which documents of those in the schema. Default: `documents`. */
  readonly collection?: string | undefined;
  /** How vectors are kept: in half precision, which scores within .001, or in single. Default: `halfvec`. */
  readonly storage?: PgStorage | undefined;
  /** Fields of metadata, or paths to them with dots, that filters often ask for: each becomes a column with an index. */
  readonly fields?: readonly string[] | undefined;
  /** How far searches look. Default: what `refit` chose, at first 400 candidates. */
  readonly depth?: Partial<PgDepth> | undefined;
  /**
   * Search by words as well, where a query is a text: `true`, or how words count. Scores are then what both sides make
   * of a document, on the scale of cosines. Default: as the collection was made, at first vectors alone.
   */
  readonly hybrid?: boolean | PgHybridOptions | undefined;
  /**
   * Hold the codes in memory, 75 bytes a document with 256 bits, and search them here: the server is asked for the vectors of
   * what is found, and for what has changed since, so that searches see all that is committed. Those with a filter are
   * made on the server. Default: false.
   */
  readonly localCodes?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a store and of the adding of its first documents. */
export interface PgCreateOptions extends PgStoreOptions, AddOptions {}

/** Where a table of LangChain's is, and where what lies beside it goes. */
export interface PgAttachOptions
  extends PgAttachedTable,
    Pick<PgStoreOptions, 'pool' | 'connection' | 'depth' | 'localCodes' | 'signal'>,
    OpenPoolOptions {
  /** Of what is added. Default: `bitryoshka`. */
  readonly schema?: string | undefined;
  /** Its name there. Default: that of the table, with its schema and its collection where they are given. */
  readonly collection?: string | undefined;
}

/** Of one server of several. */
export interface PgPartOptions extends PgStoreOptions {
  readonly part: WantedPart;
}

/** What a store consists of. */
export interface PgParts {
  readonly embeddings: EmbeddingsInterface;
  readonly collection: PgCollection;
  readonly changes: PgChanges;
  readonly fits: PgFits;
  readonly queue: TaskQueue;
  readonly local: LocalCodes | undefined;
  /** Rows of documents, by their ids. */
  readonly rowsOf: (ids: readonly string[]) => Promise<Map<string, DocumentRow>>;
}

let readParts: (store: object) => PgParts | undefined;

/** For the classes of this package: one that consists of several stores. */
export function partsOf(store: PgBinaryVectorStore): PgParts {
  return readParts(store) as PgParts;
}

/** A store as copies are made of it and into it; undefined for what is no store of this class. */
export function copyingOf(store: object): PgCopying | undefined {
  const parts = readParts(store);
  return parts && new PgCopying(parts);
}

const idsPerStatement = 5000;
const rowsPerPage = 500;

/**
 * A vector store in PostgreSQL with pgvector. Documents, vectors, codes and the quantizer lie in tables; any number of
 * clients read and write them, and all encode alike. It starts exact: `refit` gives it codes, `index` an index of
 * these. Scores are cosine similarities, higher is better; those of a hybrid store are on their scale.
 *
 * A change is one transaction. Changes that one store is asked for are made one after the other.
 */
export class PgBinaryVectorStore extends VectorStore {
  declare FilterType: DocumentFilter;

  static {
    readParts = (store) =>
      #collection in store
        ? {
            embeddings: store.embeddings,
            collection: store.#collection,
            changes: store.#changes,
            fits: store.#fits,
            queue: store.#queue,
            local: store.#local,
            rowsOf: (ids: readonly string[]) => store.#rowsOf(ids),
          }
        : undefined;
  }

  readonly #collection: PgCollection;
  readonly #local: LocalCodes | undefined;
  readonly #search: PgSearch;
  readonly #changes: PgChanges;
  readonly #fits: PgFits;
  readonly #queue: TaskQueue = new TaskQueue();
  readonly #depth: Partial<PgDepth> | undefined;
  readonly #hybrid: boolean | PgHybridOptions | undefined;
  readonly #isOwnPool: boolean;

  /** Not for others: stores are made by `open` and the functions of LangChain. */
  private constructor(
    embeddings: EmbeddingsInterface,
    collection: PgCollection,
    {
      depth,
      hybrid,
      localCodes,
      isOwnPool,
    }: Pick<PgStoreOptions, 'depth' | 'hybrid' | 'localCodes'> & { isOwnPool: boolean },
  ) {
    super(embeddings, {});
    this.#collection = collection;
    this.#depth = depth;
    this.#hybrid = hybrid;
    this.#isOwnPool = isOwnPool;
    this.#local = localCodes ? new LocalCodes(collection) : undefined;
    this.#search = new PgSearch(collection, this.#local);
    this.#changes = new PgChanges(collection);
    this.#fits = new PgFits(collection, this.#search);
  }

  /**
   * Opens a collection, which is made with its schema and tables where there is none.
   *
   * @param embeddings of the model that the collection was filled with
   * @throws BitryoshkaError `invalid-option`, `not-supported` without pgvector 0.7, `unsupported-version`,
   *   `model-mismatch`, `database-failed`
   */
  static async open(
    embeddings: EmbeddingsInterface,
    options: PgStoreOptions,
  ): Promise<PgBinaryVectorStore> {
    const { storage, fields, hybrid, signal, part } = options as PgStoreOptions &
      Partial<PgPartOptions>;
    checkOptions(options);
    return PgBinaryVectorStore.#open(embeddings, options, async (opened) => {
      const wanted = {
        ...(storage && { storage }),
        ...(fields && { fields }),
        ...languageOf(hybrid),
        part,
      };
      const state = await opened.open(wanted, signal);
      if (hybrid && state.options.language === null) {
        await opened.open({ ...wanted, language: defaultLanguage }, signal);
      }
      return state;
    });
  }

  /**
   * Opens a table of LangChain's `PGVectorStore` where it is. Documents and vectors stay there, and that store goes on:
   * both see what either adds, changes or deletes. `refit` puts codes beside the table, keyed by its ids; rows that
   * have none yet, as others have added or changed them since, are compared by their vectors in every search, until
   * `sync` or `refit` encodes them. Scores are cosines, whatever the distances of that store. `detach` drops all that
   * is added: two triggers on the table, which takes no changes while they are made, and what is in our schema.
   *
   * @param embeddings of the model that the table was filled with
   * @throws BitryoshkaError `invalid-option` for a table or columns that are not there or are others, `not-supported`
   *   without pgvector 0.7, `unsupported-version`, `model-mismatch`, `database-failed`
   */
  static async attach(
    embeddings: EmbeddingsInterface,
    options: PgAttachOptions,
  ): Promise<PgBinaryVectorStore> {
    const { tableName, schemaName, collectionTableName, collectionName = 'langchain' } = options;
    const names = [schemaName, tableName, ...(collectionTableName ? [collectionName] : [])];
    const { collection = names.filter((name) => name !== undefined).join('.') } = options;
    checkOptions({ ...options, collection });
    return PgBinaryVectorStore.#open(embeddings, { ...options, collection }, (opened) =>
      opened.attach((client) => findTable(client, options), options.signal),
    );
  }

  static async #open(
    embeddings: EmbeddingsInterface,
    options: PgStoreOptions,
    open: (collection: PgCollection) => Promise<CollectionState>,
  ): Promise<PgBinaryVectorStore> {
    checkEmbeddings(embeddings);
    const {
      schema = 'bitryoshka',
      collection = 'documents',
      depth,
      hybrid,
      localCodes,
      signal,
    } = options;
    const { pool, isOwn } = await openPool(sourceOf(options), options);
    try {
      const opened = new PgCollection(
        telling(pool),
        await openSchema(telling(pool), schema, { signal }),
        collection,
      );
      const state = await open(opened);
      const store = new PgBinaryVectorStore(embeddings, opened, {
        depth,
        hybrid,
        localCodes,
        isOwnPool: isOwn,
      });
      await store.#local?.open(signal);
      if (state.model !== undefined) await checkModel(opened, await fingerprintOf(embeddings));
      return store;
    } catch (cause) {
      if (isOwn) await pool.end?.().catch(() => undefined);
      throw cause;
    }
  }

  /**
   * @param metadatas one object per text, or one for all of them
   */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options: PgCreateOptions,
  ): Promise<PgBinaryVectorStore> {
    const documents = texts.map((pageContent, i) => ({
      pageContent,
      metadata: (Array.isArray(metadatas) ? metadatas[i] : metadatas) ?? {},
    }));
    return PgBinaryVectorStore.fromDocuments(documents, embeddings, options);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: PgCreateOptions,
  ): Promise<PgBinaryVectorStore> {
    const store = await PgBinaryVectorStore.open(embeddings, options);
    try {
      const { ids, signal, onProgress } = options;
      await store.addDocuments(documents, { ids, signal, onProgress });
      return store;
    } catch (cause) {
      await store.close();
      throw cause;
    }
  }

  /** As `open`. */
  static async fromExistingIndex(
    embeddings: EmbeddingsInterface,
    options: PgStoreOptions,
  ): Promise<PgBinaryVectorStore> {
    return PgBinaryVectorStore.open(embeddings, options);
  }

  // The base class calls this before any field is set.
  _vectorstoreType(): string {
    return 'bitryoshka';
  }

  /** How many documents there are. */
  async count(): Promise<number> {
    const { dimensions, documents } = await this.#collection.state();
    if (dimensions === undefined) return 0;
    const { rows } = await this.#collection.pool.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${documents} d`,
    );
    return Number(rows[0]?.count);
  }

  /** All documents with their ids, in the order in which they were added, page by page. */
  async *entries(): AsyncGenerator<[id: string, document: Document]> {
    const { dimensions, documents } = await this.#collection.state();
    if (dimensions === undefined) return;
    for (let last = '0'; ; ) {
      const { rows } = await this.#collection.pool.query<DocumentRow & { row: unknown }>(
        `SELECT row, id, given, content, metadata, types FROM ${documents} d
         WHERE row > $1 ORDER BY row LIMIT ${rowsPerPage}`,
        [last],
      );
      for (const row of rows) {
        const { id, document } = decodeDocument(row);
        yield [id, document];
      }
      if (rows.length < rowsPerPage) return;
      last = String(rows.at(-1)?.row);
    }
  }

  /**
   * Embeds and adds documents. A document whose id is in the store replaces the one there.
   *
   * @returns the ids, those that were made up included
   * @throws BitryoshkaError `duplicate-id` for different documents with one id, `invalid-option`,
   *   `dimension-mismatch`, `not-finite`, `model-mismatch` or `database-failed`; what the embeddings throw is passed on
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: AddOptions = {},
  ): Promise<string[]> {
    const { embeddings } = this;
    // Begun at once and awaited in turn: several calls embed side by side and add in their order.
    const copying = toDocumentBatch(documents, options.ids);
    const embedding = copying.then(async ({ texts }) => {
      if (texts.length === 0) return { vectors: [], model: undefined };
      const model = await fingerprintOf(embeddings);
      await checkModel(this.#collection, model);
      return { vectors: await embedTexts(embeddings, texts, options), model };
    });
    embedding.catch(() => undefined);
    return this.#queue.run(async () => {
      const { vectors, model } = await embedding;
      return this.#changes.add(vectors, await copying, model, options);
    }, options.signal);
  }

  /**
   * The same with vectors that are there already: of the model of the store, which nobody checks.
   *
   * @param vectors one per document
   */
  override async addVectors(
    vectors: Vectors,
    documents: DocumentInterface[],
    options: AddOptions = {},
  ): Promise<string[]> {
    const copying = toDocumentBatch(documents, options.ids);
    copying.catch(() => undefined);
    const given = Array.isArray(vectors)
      ? (vectors as ArrayLike<number>[]).map((vector) => Array.from(vector))
      : vectors;
    return this.#queue.run(
      async () => this.#changes.add(given, await copying, undefined, options),
      options.signal,
    );
  }

  /**
   * Deletes the documents with the given ids, those that a filter lets through, or all.
   *
   * @throws BitryoshkaError `invalid-option` unless exactly one of the three is given; `database-failed`
   */
  override async delete(options: DeleteOptions<DocumentFilter> = {}): Promise<void> {
    const { ids, filter, directory } = resolveDelete(options);
    if (directory !== undefined) throw invalid('delete', 'directory', 'ids, filter or deleteAll');
    await this.#queue.run(() => {
      if (ids) return this.#changes.deleteIds(ids);
      return filter ? this.#changes.deleteWhere(filter) : this.#changes.deleteAll();
    });
  }

  /** The documents with the given ids, in that order; ids that are not in the store are left out. */
  async getByIds(ids: readonly DocumentId[]): Promise<Document[]> {
    const known = ids.map((id, i) => toId(id, `ids[${i}]`));
    const found = await this.#rowsOf(known);
    return known.flatMap((id) => {
      const row = found.get(id);
      return row ? [decodeDocument(row).document] : [];
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
    const found = await this.similaritySearchWithScore(query, k, filter, callbacks);
    return found.map(([document]) => document);
  }

  /**
   * By words as well, where the store is hybrid.
   *
   * @param k how many documents, at most. Default: 4
   * @returns documents and scores, best first: cosine similarities, or in a hybrid store what vectors and words make of
   *   each, from the lowest to the highest cosine of all candidates
   * @throws BitryoshkaError as `similaritySearchVectorWithScore`; what the embeddings throw is passed on
   */
  override async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: DocumentFilter,
    _callbacks?: Callbacks,
  ): Promise<[Document, number][]> {
    const found = await this.#nearest(query, { k, filter: checkSearch(k, filter) });
    return found.map(({ entry, score }) => [entry.document, score]);
  }

  /**
   * @param k how many documents, at most; that many are found whenever the filter lets so many through
   * @returns documents and cosine similarities, best first
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option` or `database-failed`
   */
  override async similaritySearchVectorWithScore(
    query: ArrayLike<number>,
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    const compiled = checkSearch(k, filter);
    const found = await this.#search.nearest(query, { k, filter: compiled, depth: this.#depth });
    return found.map(({ entry, score }) => [entry.document, score]);
  }

  /**
   * By words alone, where the store is hybrid: nothing is embedded.
   *
   * @param k how many documents, at most. Default: 4
   * @returns documents that have at least one word of the query, and what these make of each, best first
   * @throws BitryoshkaError `not-supported` for a collection without words, `invalid-option`, `database-failed`
   */
  async keywordSearchWithScore(
    query: string,
    k = 4,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    const found = await this.#search.byWords(query, { k, filter: checkSearch(k, filter) });
    return found.map(({ entry, score }) => [entry.document, score]);
  }

  /**
   * Documents that are close to the query, by words as well where the store is hybrid, and far from each other.
   *
   * @param options `fetchK`: among how many of the closest to choose (default 20); `lambda`: 1 for
   *   closeness only, 0 for variety only (default 0.5)
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    { k, fetchK = 20, lambda = 0.5, filter }: MaxMarginalRelevanceSearchOptions<DocumentFilter>,
  ): Promise<Document[]> {
    const most = Math.max(k, fetchK);
    const compiled = checkSearch(most, filter);
    const candidates = await this.#nearest(query, { k: most, filter: compiled, withVectors: true });
    const chosen = maximalMarginalRelevance(
      candidates.map(({ score }) => score),
      candidates.map(({ vector }) => vector as Float32Array),
      { k, lambda },
    );
    return chosen.flatMap((i) => candidates[i]?.entry.document ?? []);
  }

  /**
   * Fits codes to the vectors that are there, or takes a quantizer that was fitted elsewhere, and encodes all documents
   * into a table beside what serves; searches and changes go on, and all clients use the new codes at once when they
   * are complete. Codes that find less than those there are are not taken, unless they were given. Chooses how far
   * searches look. When it fails, is aborted or killed, nothing is changed.
   *
   * @throws BitryoshkaError `not-enough-vectors` with no more vectors than bits, `invalid-option`,
   *   `dimension-mismatch`, `write-conflict` while another client does this, `database-failed`
   */
  async refit(options: PgRefitOptions = {}): Promise<PgRefit> {
    return refitTogether([this.#fits], this.embeddings, options);
  }

  /**
   * Says how codes are found, now and after each `refit`: by a scan of all, by a graph (`hnsw`) or by lists
   * (`ivfflat`), made in the background while searches and changes go on.
   *
   * @throws BitryoshkaError `invalid-option`, `write-conflict`, `database-failed`
   */
  async index(options: PgIndexOptions, task: TaskOptions = {}): Promise<void> {
    await this.#fits.index(options, task);
  }

  /**
   * How well the store does: what it takes, whether codes still suit the documents, whoever added these, what share of
   * the nearest is found, and what to do about it. It takes as long as comparing all vectors with a hundred questions.
   *
   * @throws BitryoshkaError `database-failed`
   */
  async health(task: TaskOptions = {}): Promise<PgStoreHealth> {
    return measurePgHealth(
      {
        collection: this.#collection,
        fits: this.#fits,
        depth: this.#depth,
        localBytes: this.#local?.bytes,
      },
      task,
    );
  }

  /**
   * Encodes what others have added to an attached table, or changed, since it has codes, beside searches and changes.
   * Takes up as well what was changed while triggers were off.
   *
   * @returns how many documents have got codes
   * @throws BitryoshkaError `not-supported` where no table is attached, `database-failed`; the signal's reason: what
   *   was done until then stays done
   */
  async sync(task: TaskOptions = {}): Promise<number> {
    return this.#changes.encodeOthers(task);
  }

  /**
   * Drops all that lies beside an attached table, which is as it was before then.
   *
   * @throws BitryoshkaError `not-supported` where no table is attached, `database-failed`
   */
  async detach(): Promise<void> {
    await this.#drop(true);
  }

  /**
   * Drops the collection: its documents and all else that there is of it.
   *
   * @throws BitryoshkaError `not-supported` where its documents are those of an attached table, `database-failed`
   */
  async drop(): Promise<void> {
    await this.#drop(false);
  }

  /** Lets go of the database when the changes that were asked for are made. A pool that was given stays open. */
  async close(): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#isOwnPool) await this.#collection.pool.end?.();
    });
  }

  async #drop(isAttached: boolean): Promise<void> {
    const collection = this.#collection;
    await this.#queue.run(async () => {
      const { place } = await collection.state();
      if ((place.attachment !== undefined) !== isAttached) throw misplaced(isAttached);
      await inTransaction(collection.pool, (client) => collection.drop(client));
    });
  }

  async #nearest(query: string, wanted: PgWanted): Promise<PgFound[]> {
    const vector = await this.#embedQuery(query);
    const asked = { ...wanted, depth: this.#depth };
    const { options } = await this.#collection.state();
    const hybrid = this.#hybrid ?? true;
    if (!hybrid || options.language === null) return this.#search.nearest(vector, asked);
    const candidates = await this.#search.candidates(vector, query, asked);
    return fuseCandidates(candidates, wanted.k, hybrid === true ? {} : hybrid);
  }

  async #rowsOf(ids: readonly string[]): Promise<Map<string, DocumentRow>> {
    const found = new Map<string, DocumentRow>();
    const { dimensions, documents, place } = await this.#collection.state();
    if (dimensions === undefined) return found;
    const keys = [...new Set(ids.flatMap((id) => place.toKey(id) ?? []))];
    const byKey = new Map<string, DocumentRow>();
    for (let start = 0; start < keys.length; start += idsPerStatement) {
      const { rows } = await this.#collection.pool.query<DocumentRow>(
        `SELECT id, given, content, metadata, types FROM ${documents} d WHERE ${place.hasKey('$1')}`,
        [keys.slice(start, start + idsPerStatement)],
      );
      for (const row of rows) byKey.set(row.id, row);
    }
    for (const id of ids) {
      const row = byKey.get(place.toKey(id) ?? '');
      if (row) found.set(id, row);
    }
    return found;
  }

  async #embedQuery(query: string): Promise<number[]> {
    const { embeddings } = this;
    await checkModel(this.#collection, await fingerprintOf(embeddings));
    return embeddings.embedQuery(query);
  }
}

/** A pool whose statements throw errors of ours. */
export function telling(pool: PgPool): PgPool {
  return {
    query: (text, values) =>
      pool.query(text, values).catch((cause: unknown) => {
        throw databaseError(cause, 'PostgreSQL');
      }) as never,
    connect: () => pool.connect(),
    ...(pool.end && { end: () => pool.end?.() as Promise<void> }),
    isSingle: pool.isSingle,
  };
}

function sourceOf({ pool, connection }: PgStoreOptions): Parameters<typeof openPool>[0] {
  return { pool, connection } as Parameters<typeof openPool>[0];
}

/** Where it is left out, it stays as it is. */
function languageOf(hybrid: PgStoreOptions['hybrid']): { language?: Language } {
  const language = typeof hybrid === 'object' ? hybrid.language : undefined;
  return language === undefined ? {} : { language };
}

function checkOptions({
  collection,
  storage,
  fields,
  depth,
  hybrid,
  localCodes,
}: PgStoreOptions): void {
  if (collection !== undefined && (typeof collection !== 'string' || collection === '')) {
    throw invalid('collection', collection, 'a name');
  }
  if (storage !== undefined && storage !== 'halfvec' && storage !== 'vector') {
    throw invalid('storage', storage, 'halfvec or vector');
  }
  if (fields !== undefined) {
    const isList = Array.isArray(fields) && fields.every((path) => typeof path === 'string');
    if (!isList || fields.includes('')) throw invalid('fields', fields, 'a list of paths');
  }
  checkDepth(depth);
  checkHybrid(hybrid);
  if (localCodes !== undefined && typeof localCodes !== 'boolean') {
    throw invalid('localCodes', localCodes, 'true or false');
  }
}

function misplaced(isDetached: boolean): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: isDetached
      ? 'detach: got a collection with a table of its own, expected one of PGVectorStore.'
      : 'drop: got a collection with a table of PGVectorStore, expected one with its own.',
    remedy: isDetached
      ? 'Call drop(), which deletes its documents.'
      : 'Call detach(), which leaves the documents where they are.',
  });
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'string' ? `"${got}"` : JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
