import type { Matrix, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError, selectRows } from '@bitryoshka/core';
import type { Callbacks } from '@langchain/core/callbacks/manager';
import type { Document, DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import { VectorStore } from '@langchain/core/vectorstores';
import type { DocumentBatch, DocumentEntry, DocumentId } from '../../documents/document-batch.ts';
import { toDocumentBatch, toId } from '../../documents/document-batch.ts';
import { embedTexts } from '../../documents/embed-texts.ts';
import type { DocumentFilter } from '../../filters/document-filter.ts';
import { resolveDelete } from '../../store/delete-options.ts';
import { maximalMarginalRelevance } from '../../store/maximal-marginal-relevance.ts';
import { fingerprintOf } from '../../store/store-model.ts';
import type { AddOptions, DeleteOptions } from '../../store/store-options.ts';
import { checkEmbeddings } from '../../store/store-options.ts';
import { checkSearch } from '../../store/store-search.ts';
import { TaskQueue } from '../../store/task-queue.ts';
import type { PgChange } from '../collection/pg-changes.ts';
import { unitVectors } from '../collection/pg-changes.ts';
import type { PgDepth, WantedPart } from '../collection/pg-collection.ts';
import type { DocumentRow } from '../collection/pg-documents.ts';
import { decodeDocument } from '../collection/pg-documents.ts';
import { checkModel } from '../collection/pg-model.ts';
import { within } from '../database/pg-deadline.ts';
import { namingPart } from '../database/pg-errors.ts';
import type { PgIndexOptions } from '../fits/pg-fits.ts';
import type { PgStoreHealth } from '../fits/pg-health.ts';
import type { PgRefit, PgRefitOptions } from '../fits/pg-refit.ts';
import { refitTogether } from '../fits/pg-refit.ts';
import { sharedProgress } from '../fits/shared-progress.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import type { PgHybridOptions } from '../search/pg-hybrid.ts';
import { bestCandidates, fuseCandidates } from '../search/pg-hybrid.ts';
import type { PgFound, PgWanted } from '../search/pg-search.ts';
import type { PartChange } from './pg-joint-change.ts';
import { inTransactions } from './pg-joint-change.ts';
import type { PartQuery, PgPartition } from './pg-part.ts';
import { isDatabaseFailure, PgPart } from './pg-part.ts';
import { partitionOf } from './pg-placement.ts';
import { PgPreparedChanges } from './pg-prepared.ts';

/** Where the parts of a store are, and how they are made where there are none. */
export interface PgPartitionedStoreOptions extends Omit<PgStoreOptions, 'pool' | 'connection'> {
  /** The servers, in the order that never changes: it says where a document is looked for. */
  readonly partitions: readonly PgPartition[];
  /** How long a search waits for a server, in ms. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Is told which servers failed in a search, which then returns what the others found; what it throws, the search
   * throws. Without it, such a search throws.
   */
  readonly onPartial?: ((failures: readonly PgPartitionFailure[]) => void) | undefined;
  /**
   * Whether a change is made on all servers or on none, also when one of them or this process ends while it is
   * committed: by prepared transactions, which all servers must allow (`max_prepared_transactions`). Default: false.
   */
  readonly atomic?: boolean | undefined;
}

/** Options of a store and of the adding of its first documents. */
export interface PgPartitionedCreateOptions extends PgPartitionedStoreOptions, AddOptions {}

/** A server that did not answer. */
export interface PgPartitionFailure {
  /** Its place in `partitions`. */
  readonly partition: number;
  readonly error: BitryoshkaError;
}

/** How well a store on several servers does. */
export interface PgPartitionedHealth {
  readonly documents: number;
  /** In the order of the servers. */
  readonly partitions: readonly PgStoreHealth[];
  /** What to do, in sentences; empty when all is well. */
  readonly advice: readonly string[];
}

const adding = 'adding documents';
const deleting = 'deleting documents';
const defaultTimeoutMs = 10_000;

/**
 * A vector store whose documents lie on several PostgreSQL servers, each of which has those whose ids `partitionOf`
 * gives to its place. A search asks all of them side by side, and returns the best of what they find: the same as one
 * server would. All encode by one quantizer.
 *
 * A change is a transaction on each of the servers that it is about, and these are committed one after the other when
 * all is done. Where a server or this process ends between the first of these commits and the last, the change is made
 * in part, and throws; making it again with the same ids completes it. With `atomic`, that cannot be.
 */
export class PgPartitionedVectorStore extends VectorStore {
  declare FilterType: DocumentFilter;

  readonly #parts: readonly PgPart[];
  readonly #prepared: PgPreparedChanges;
  readonly #queue: TaskQueue = new TaskQueue();
  readonly #depth: Partial<PgDepth> | undefined;
  /** How words count, where the collection has a language. */
  readonly #hybrid: PgHybridOptions | undefined;
  readonly #timeoutMs: number;
  readonly #onPartial: PgPartitionedStoreOptions['onPartial'];
  readonly #isAtomic: boolean;
  /** What all parts have been told of the vectors. */
  #known: { readonly dimensions: number; readonly model: string | undefined } | undefined;

  /** Not for others: stores are made by `open` and the functions of LangChain. */
  private constructor(
    embeddings: EmbeddingsInterface,
    parts: readonly PgPart[],
    prepared: PgPreparedChanges,
    {
      depth,
      hybrid = true,
      timeoutMs = defaultTimeoutMs,
      onPartial,
      atomic = false,
    }: PgPartitionedStoreOptions,
  ) {
    super(embeddings, {});
    this.#parts = parts;
    this.#prepared = prepared;
    this.#depth = depth;
    if (hybrid) this.#hybrid = hybrid === true ? {} : hybrid;
    this.#timeoutMs = timeoutMs;
    this.#onPartial = onPartial;
    this.#isAtomic = atomic;
  }

  /**
   * Opens a collection on all its servers, which must be there; it is made where there is none. Ends changes that a
   * client left prepared.
   *
   * @param embeddings of the model that the collection was filled with
   * @throws BitryoshkaError `invalid-option`, also for servers that are others, more, fewer or in another order than
   *   when it was made; as `open` of a store on one server
   */
  static async open(
    embeddings: EmbeddingsInterface,
    options: PgPartitionedStoreOptions,
  ): Promise<PgPartitionedVectorStore> {
    checkEmbeddings(embeddings);
    checkOptions(options);
    const { partitions, timeoutMs = defaultTimeoutMs, atomic } = options;
    const count = partitions.length;
    const parts: PgPart[] = [];
    const open = async (place: number, wanted: Pick<WantedPart, 'set' | 'isMade'>) => {
      const server = partitions[place] as PgPartition;
      const { set, isMade } = wanted;
      const own = { set, isMade, place, count };
      const part = await PgPart.open(embeddings, server, own, { ...options, timeoutMs });
      parts[place] = part;
      return part;
    };
    try {
      // The first gives the set its name.
      const first = await open(0, { set: undefined, isMade: false });
      const recorded = await first.recorded();
      await settled(partitions.slice(1).map((_, i) => open(i + 1, recorded)));
      const pools = parts.map((part) => part.parts.collection.pool);
      const prepared = new PgPreparedChanges(
        pools,
        first.parts.collection.schema.names,
        recorded.set,
      );
      if (atomic) await prepared.enable();
      await prepared.settle();
      return new PgPartitionedVectorStore(embeddings, parts, prepared, options);
    } catch (cause) {
      await Promise.allSettled(parts.map((part) => part.close()));
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
    options: PgPartitionedCreateOptions,
  ): Promise<PgPartitionedVectorStore> {
    const documents = texts.map((pageContent, i) => ({
      pageContent,
      metadata: (Array.isArray(metadatas) ? metadatas[i] : metadatas) ?? {},
    }));
    return PgPartitionedVectorStore.fromDocuments(documents, embeddings, options);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: PgPartitionedCreateOptions,
  ): Promise<PgPartitionedVectorStore> {
    const store = await PgPartitionedVectorStore.open(embeddings, options);
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
    options: PgPartitionedStoreOptions,
  ): Promise<PgPartitionedVectorStore> {
    return PgPartitionedVectorStore.open(embeddings, options);
  }

  // The base class calls this before any field is set.
  _vectorstoreType(): string {
    return 'bitryoshka';
  }

  /** How many documents there are on all servers. */
  async count(): Promise<number> {
    const counts = await this.#onAll(({ store }) => store.count());
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** All documents with their ids: those of one server after those of another, of each as they were added. */
  async *entries(): AsyncGenerator<[id: string, document: Document]> {
    for (const { place, store } of this.#parts) {
      try {
        yield* store.entries();
      } catch (cause) {
        namingPart(place)(cause);
      }
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
    const embedding = copying.then(async ({ texts, entries }) => {
      if (texts.length === 0) return { vectors: [], model: undefined };
      const model = await fingerprintOf(embeddings);
      await this.#checkModel(model, entries);
      return { vectors: await embedTexts(embeddings, texts, options), model };
    });
    embedding.catch(() => undefined);
    return this.#queue.run(async () => {
      const { vectors, model } = await embedding;
      return this.#add(vectors, await copying, model, options);
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
      async () => this.#add(given, await copying, undefined, options),
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
    await this.#queue.run(async () => {
      if (ids) {
        const groups = groupByPlace(ids, this.#parts.length);
        await this.#change(deleting, ({ place, parts }) => {
          const own = groups[place]?.map((i) => ids[i] as string);
          return own && parts.changes.deletionOf(own);
        });
        return;
      }
      if (filter) {
        await this.#change(deleting, ({ parts }) => parts.changes.deletionWhere(filter));
        return;
      }
      this.#known = undefined;
      await this.#change(deleting, ({ parts }) => parts.changes.deletionOfAll());
      await Promise.all(this.#parts.map(({ parts }) => parts.collection.refresh()));
    });
  }

  /** The documents with the given ids, in that order; ids that are not in the store are left out. */
  async getByIds(ids: readonly DocumentId[]): Promise<Document[]> {
    const known = ids.map((id, i) => toId(id, `ids[${i}]`));
    const groups = groupByPlace(known, this.#parts.length);
    const found = await this.#onAll(async ({ place, parts }) => {
      const own = groups[place]?.map((i) => known[i] as string);
      return own ? within(this.#timeoutMs, parts.rowsOf(own)) : new Map<string, DocumentRow>();
    });
    return known.flatMap((id) => {
      const row = found[partitionOf(id, this.#parts.length)]?.get(id);
      return row ? [decodeDocument(row).document] : [];
    });
  }

  /**
   * By words as well, where the store is hybrid. How rare a word is, each server says of its own documents.
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
    const compiled = checkSearch(k, filter);
    return toAnswers(await this.#nearest(await this.#embedQuery(query), { k, filter: compiled }));
  }

  /**
   * @param k how many documents, at most; that many are found whenever the filter lets so many through
   * @returns documents and cosine similarities, best first
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option`; `database-failed` for a server that
   *   fails or does not answer in time, which the message names
   */
  override async similaritySearchVectorWithScore(
    query: ArrayLike<number>,
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    const compiled = checkSearch(k, filter);
    const asked = { vector: query, text: undefined, model: undefined };
    return toAnswers(await this.#nearest(asked, { k, filter: compiled }));
  }

  /**
   * By words alone, where the store is hybrid: nothing is embedded. Each server says of its own documents how rare a
   * word is.
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
    const compiled = checkSearch(k, filter);
    const asked = { vector: undefined, text: query, model: undefined };
    return toAnswers(await this.#nearest(asked, { k, filter: compiled }));
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
    const wanted = { k: most, filter: compiled, withVectors: true };
    const candidates = await this.#nearest(await this.#embedQuery(query), wanted);
    const chosen = maximalMarginalRelevance(
      candidates.map(({ score }) => score),
      candidates.map((found) => found.vector as Float32Array),
      { k, lambda },
    );
    return chosen.flatMap((i) => candidates[i]?.entry.document ?? []);
  }

  /**
   * As `refit` of a store on one server: fits one quantizer to documents of all servers, which encode side by side and
   * change over one after the other when all have done so. Searches work in between: scores are of vectors.
   *
   * @throws BitryoshkaError as there
   */
  async refit(options: PgRefitOptions = {}): Promise<PgRefit> {
    const done = await refitTogether(
      this.#parts.map(({ parts }) => parts.fits),
      this.embeddings,
      options,
    );
    await this.#refresh();
    return done;
  }

  /**
   * As `index` of a store on one server, on all of them side by side. Where it fails on some, the others have the new
   * index: make it again.
   */
  async index(options: PgIndexOptions, task: TaskOptions = {}): Promise<void> {
    const tasks = sharedProgress(task, this.#parts.length);
    await this.#onAll(({ store, place }) => store.index(options, tasks[place] ?? task));
    await this.#refresh();
  }

  /**
   * How well the store does on each server, one after the other: as `health` of a store on one.
   *
   * @throws BitryoshkaError `database-failed`
   */
  async health(task: TaskOptions = {}): Promise<PgPartitionedHealth> {
    const partitions: PgStoreHealth[] = [];
    for (const { place, store } of this.#parts) {
      partitions.push(await store.health(task).catch(namingPart(place)));
    }
    const codes = await this.#onAll(async ({ parts }) => {
      const { active } = await parts.collection.state();
      return active && hex(active.quantizer.save());
    });
    const advice = partitions.flatMap((health, place) =>
      health.advice.map((sentence) => `partitions[${place}]: ${sentence}`),
    );
    if (new Set(codes).size > 1) {
      advice.push('The servers encode by different quantizers: call store.refit().');
    }
    const documents = partitions.reduce((sum, health) => sum + health.documents, 0);
    return { documents, partitions, advice };
  }

  /** Drops the collection on all servers: its documents and all else that there is of it. */
  async drop(): Promise<void> {
    await this.#queue.run(async () => {
      await this.#change(
        'dropping',
        ({ parts }) =>
          (client) =>
            parts.collection.drop(client),
      );
      this.#known = undefined;
    });
  }

  /** Lets go of the databases when the changes that were asked for are made. Pools that were given stay open. */
  async close(): Promise<void> {
    await this.#queue.run(() => settled(this.#parts.map((part) => part.close())));
  }

  async #add(
    vectors: Vectors,
    batch: DocumentBatch,
    model: string | undefined,
    task: TaskOptions,
  ): Promise<string[]> {
    const { ids, entries } = batch;
    const unit = unitVectors(vectors, batch, this.#known?.dimensions);
    if (ids.length === 0) return ids;
    const { columns } = unit;
    const known = this.#known;
    const isKnown = known && (model === undefined || known.model === model);
    const groups = groupByPlace(
      entries.map(({ id }) => id),
      this.#parts.length,
    );
    const tasks = sharedProgress(task, this.#parts.length);
    await this.#change(
      adding,
      ({ place, parts }) => {
        const rows = groups[place] ?? [];
        // All of them know of the first vectors, so that none takes others.
        if (rows.length === 0 && isKnown) return undefined;
        const share: Matrix = selectRows(unit, rows);
        const own = rows.map((i) => entries[i] as DocumentEntry);
        return parts.changes.addition(share, own, model, tasks[place] ?? task);
      },
      task.signal,
    );
    this.#known = { dimensions: columns, model: model ?? known?.model };
    return ids;
  }

  /** @param changeOf undefined for servers that it is not about */
  async #change(
    doing: string,
    changeOf: (part: PgPart) => PgChange | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    // Where a server is away, others may be changed all the same.
    await this.#prepared.settle().catch(() => undefined);
    const changes = this.#parts.flatMap((part): PartChange[] => {
      const change = changeOf(part);
      return change ? [{ place: part.place, pool: part.parts.collection.pool, change }] : [];
    });
    const prepared = this.#prepared;
    await inTransactions(changes, {
      doing,
      signal,
      ...(this.#isAtomic && { prepare: (begun, what) => prepared.begin(begun, what) }),
    });
  }

  /** The best of what all servers find. */
  async #nearest(query: PartQuery, wanted: PgWanted): Promise<PgFound[]> {
    const asked = { ...wanted, depth: this.#depth };
    const results = await Promise.allSettled(this.#parts.map((part) => part.search(query, asked)));
    const errors = results.flatMap((result, partition) =>
      result.status === 'rejected' ? [{ partition, error: result.reason as unknown }] : [],
    );
    const others = errors.filter(({ error }) => !isDatabaseFailure(error));
    // Of another model, vectors may have other dimensions as well.
    const wrong = others.find(({ error }) => isModelMismatch(error)) ?? others[0];
    if (wrong) throw wrong.error;
    const [first] = errors as PgPartitionFailure[];
    if (first) {
      if (!this.#onPartial || errors.length === results.length) throw first.error;
      this.#onPartial(errors as PgPartitionFailure[]);
    }
    const answers = results.flatMap((result, place) =>
      result.status === 'fulfilled' ? [{ ...result.value, place }] : [],
    );
    const candidates = answers.flatMap(({ isHybrid, found }) => (isHybrid ? found : []));
    if (this.#hybrid && answers.every(({ isHybrid }) => isHybrid)) {
      return fuseCandidates(bestCandidates(candidates, wanted.k), wanted.k, this.#hybrid);
    }
    return answers
      .flatMap(({ found, place }) => found.map((each: PgFound) => ({ found: each, place })))
      .sort(
        (a, b) =>
          b.found.score - a.found.score ||
          Number(a.found.row) - Number(b.found.row) ||
          a.place - b.place,
      )
      .slice(0, wanted.k)
      .map(({ found }) => found);
  }

  async #embedQuery(query: string): Promise<PartQuery> {
    const { embeddings } = this;
    const model = await fingerprintOf(embeddings);
    const vector = await embeddings.embedQuery(query);
    return { vector, model, text: this.#hybrid ? query : undefined };
  }

  /** Where the documents are to lie. */
  async #checkModel(model: string | undefined, entries: readonly DocumentEntry[]): Promise<void> {
    const groups = groupByPlace(
      entries.map(({ id }) => id),
      this.#parts.length,
    );
    await this.#onAll(async ({ place, parts }) => {
      if (groups[place]) await checkModel(parts.collection, model);
    });
  }

  async #refresh(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.refresh()));
  }

  async #onAll<T>(ask: (part: PgPart) => Promise<T>): Promise<T[]> {
    return settled(this.#parts.map((part) => ask(part).catch(namingPart(part.place))));
  }
}

/** Waits for all of them, whatever becomes of one. */
async function settled<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(tasks);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** By place, which of the ids lie there; nothing where none do. */
function groupByPlace(ids: readonly string[], count: number): (number[] | undefined)[] {
  const groups: (number[] | undefined)[] = Array.from({ length: count });
  for (const [i, id] of ids.entries()) {
    const place = partitionOf(id, count);
    groups[place] ??= [];
    groups[place].push(i);
  }
  return groups;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function toAnswers(found: readonly PgFound[]): [Document, number][] {
  return found.map(({ entry, score }) => [entry.document, score]);
}

function isModelMismatch(error: unknown): boolean {
  return BitryoshkaError.isInstance(error) && error.code === 'model-mismatch';
}

function checkOptions({
  partitions,
  timeoutMs,
  onPartial,
  atomic,
}: Partial<PgPartitionedStoreOptions>): void {
  const areServers =
    Array.isArray(partitions) &&
    partitions.length > 0 &&
    partitions.every((server: unknown) => typeof server === 'object' && server !== null);
  if (!areServers)
    throw invalid('partitions', typeof partitions, 'a list of servers, at least one');
  for (const [i, { replicas }] of (partitions as PgPartition[]).entries()) {
    if (replicas !== undefined && !Array.isArray(replicas)) {
      throw invalid(`partitions[${i}].replicas`, typeof replicas, 'a list of servers');
    }
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw invalid('timeoutMs', timeoutMs, 'milliseconds, more than 0');
  }
  if (onPartial !== undefined && typeof onPartial !== 'function') {
    throw invalid('onPartial', onPartial, 'a function');
  }
  if (atomic !== undefined && typeof atomic !== 'boolean') {
    throw invalid('atomic', atomic, 'true or false');
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'string' ? `"${got}"` : JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
