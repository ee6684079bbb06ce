import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { CollectionPart, WantedPart } from '../collection/pg-collection.ts';
import { PgCollection } from '../collection/pg-collection.ts';
import { checkModel } from '../collection/pg-model.ts';
import { timedPool, within } from '../database/pg-deadline.ts';
import { namingPart } from '../database/pg-errors.ts';
import type { PgPool } from '../database/pg-pool.ts';
import { openPool } from '../database/pg-pool.ts';
import type { PgPartOptions, PgParts, PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore, partsOf, telling } from '../pg-vector-store.ts';
import type { PgCandidate, PgFound, PgWanted } from '../search/pg-search.ts';
import { PgSearch } from '../search/pg-search.ts';

/** Where a server is. */
export type PgServer = Pick<PgStoreOptions, 'pool' | 'connection'>;

/** One server of several, each of which has a share of the documents. */
export interface PgPartition extends PgServer {
  /** Servers with a copy of what it has, such as streaming replication keeps: they answer searches in its place. */
  readonly replicas?: readonly PgServer[] | undefined;
}

/** One that answers searches. */
interface Searcher {
  readonly collection: PgCollection;
  readonly search: PgSearch;
  /** When it may be asked again, after it has failed. */
  restsUntil: number;
}

/** What one server has found: by vectors, or by words as well. */
export type PartAnswer =
  | { readonly isHybrid: false; readonly found: readonly PgFound[] }
  | { readonly isHybrid: true; readonly found: readonly PgCandidate[] };

/** A question: a vector or a text, and what is known of it. */
export interface PartQuery {
  /** Undefined where words alone count. */
  readonly vector: ArrayLike<number> | undefined;
  /** Its text, where words count. */
  readonly text: string | undefined;
  /** Of the vector, where it is known. */
  readonly model: string | undefined;
}

/** How long a server that has failed is asked only where no other answers. */
const restMilliseconds = 5000;

/** One server of several, with its replicas. */
export class PgPart {
  readonly place: number;
  readonly store: PgBinaryVectorStore;
  readonly parts: PgParts;
  readonly #primary: Searcher;
  readonly #replicas: readonly Searcher[];
  readonly #ownPools: readonly PgPool[];
  readonly #timeoutMs: number;
  #turn = 0;

  private constructor(
    place: number,
    store: PgBinaryVectorStore,
    {
      replicas,
      ownPools,
      timeoutMs,
    }: {
      readonly replicas: readonly PgPool[];
      readonly ownPools: readonly PgPool[];
      readonly timeoutMs: number;
    },
  ) {
    this.place = place;
    this.store = store;
    this.parts = partsOf(store);
    this.#ownPools = ownPools;
    this.#timeoutMs = timeoutMs;
    const { local, collection: own } = this.parts;
    const { pool, schema, name } = own;
    const searcher = (of: PgPool): Searcher => {
      const collection = new PgCollection(telling(timedPool(of, timeoutMs)), schema, name);
      return { collection, search: new PgSearch(collection, local), restsUntil: 0 };
    };
    this.#primary = searcher(pool);
    this.#replicas = replicas.map(searcher);
  }

  /** @throws BitryoshkaError as `open` of a store */
  static async open(
    embeddings: EmbeddingsInterface,
    { replicas = [], ...server }: PgPartition,
    part: WantedPart,
    { timeoutMs, ...options }: PgStoreOptions & { readonly timeoutMs: number },
  ): Promise<PgPart> {
    const { place } = part;
    const own: PgPartOptions = { ...options, ...server, part };
    const store = await PgBinaryVectorStore.open(embeddings, own).catch(namingPart(place));
    const pools: PgPool[] = [];
    const ownPools: PgPool[] = [];
    try {
      for (const replica of replicas) {
        const { pool, isOwn } = await openPool(replica as Parameters<typeof openPool>[0], options);
        pools.push(pool);
        if (isOwn) ownPools.push(pool);
      }
    } catch (cause) {
      await Promise.all([store.close(), ...ownPools.map((pool) => pool.end?.())]);
      throw cause;
    }
    return new PgPart(place, store, { replicas: pools, ownPools, timeoutMs });
  }

  /** What it was recorded to be, and whether there was a document of any part. */
  async recorded(): Promise<CollectionPart & { readonly isMade: boolean }> {
    const { options, dimensions } = await this.parts.collection.state();
    return { ...(options.part as CollectionPart), isMade: dimensions !== undefined };
  }

  /**
   * What is nearest here, asked of one replica after the other; of the server itself where that fails, or there is none.
   *
   * @throws BitryoshkaError `database-failed` within the time that was given for it; as `nearest` of a search
   */
  async search(query: PartQuery, wanted: PgWanted): Promise<PartAnswer> {
    const until = performance.now() + this.#timeoutMs;
    const searchers = this.#inTurn();
    for (const [i, searcher] of searchers.entries()) {
      const left = (until - performance.now()) / (searchers.length - i);
      try {
        return await within(left, answer(searcher, query, wanted));
      } catch (cause) {
        if (!isDatabaseFailure(cause) || i === searchers.length - 1) namingPart(this.place)(cause);
        searcher.restsUntil = performance.now() + restMilliseconds;
      }
    }
    return { isHybrid: false, found: [] };
  }

  /** Reads anew what searches go by. */
  async refresh(): Promise<void> {
    await Promise.allSettled(
      [this.#primary, ...this.#replicas].map(({ collection }) => collection.refresh()),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.store.close(), ...this.#ownPools.map((pool) => pool.end?.())]);
  }

  /** A replica, the server itself, and then the others, in case that it is away. */
  #inTurn(): Searcher[] {
    const now = performance.now();
    const awake = this.#replicas.filter(({ restsUntil }) => restsUntil <= now);
    const turn = awake.length > 0 ? this.#turn++ % awake.length : 0;
    const [first, ...others] = [...awake.slice(turn), ...awake.slice(0, turn)];
    return [...(first ? [first] : []), this.#primary, ...others];
  }
}

async function answer(
  { collection, search }: Searcher,
  { vector, text, model }: PartQuery,
  wanted: PgWanted,
): Promise<PartAnswer> {
  await checkModel(collection, model);
  if (vector === undefined) {
    return { isHybrid: false, found: await search.byWords(text ?? '', wanted) };
  }
  const { options } = await collection.state();
  return text === undefined || options.language === null
    ? { isHybrid: false, found: await search.nearest(vector, wanted) }
    : { isHybrid: true, found: await search.candidates(vector, text, wanted) };
}

export function isDatabaseFailure(cause: unknown): cause is BitryoshkaError {
  return BitryoshkaError.isInstance(cause) && cause.code === 'database-failed';
}
