import { fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import pg from 'pg';
import { WordEmbeddings } from '../testing/word-embeddings.ts';
import type { CollectionCheck } from './collection/collection-problems.suite.ts';
import { checkCollection } from './collection/collection-problems.suite.ts';
import { sqlStateOf } from './database/pg-errors.ts';
import type { PgPool, PgQueryable } from './database/pg-pool.ts';
import type { PgIndexOptions } from './fits/pg-fits.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

export interface ManyClientsOptions {
  readonly connectionString: string;
  readonly seconds: number;
  readonly writers?: number;
  readonly readers?: number;
  /** Between one refit or index and the next, in ms. Default: 500. */
  readonly pauseMs?: number;
  /** Of failures after which a client goes on: what it asked for is then done, or not. Default: of none. */
  readonly isExpected?: (error: unknown) => boolean;
  readonly seed?: number;
  /** When all clients are connected. */
  readonly onBegin?: () => void;
  /** They go on until this is settled, however long that takes. */
  readonly until?: Promise<unknown>;
}

export interface ManyClientsReport extends CollectionCheck {
  /** How many were done, by name. */
  readonly operations: Readonly<Record<string, number>>;
  /** What clients threw that was not expected, and what they found that cannot be. */
  readonly errors: string[];
  /** Failures that were expected. */
  readonly failures: number;
  /** What the server refused, by SQLSTATE, whatever was done about it. */
  readonly refused: Readonly<Record<string, number>>;
  readonly documents: number;
}

const dimensions = 32;
const groups = 10;
/** Of these, documents are never deleted. */
const lastingGroups = 5;
const groupSize = 10;
const sharedIds = 50;
const k = 5;

/** What became of the documents of one group, or of one shared id, that is written as a whole. */
interface History {
  /** Stamps of its documents, one after the other; null for deleted. */
  readonly states: (number | null)[];
  /** The last that was acknowledged. */
  acknowledged: number;
}

/** One state of one shared id, that several clients write. */
interface SharedChange {
  readonly stamp: number | null;
  readonly begun: number;
  acknowledged: number;
}

/**
 * Clients that write and read one collection at the same time, each with connections of its own. Every writer has
 * documents of its own, in groups that are written as a whole, and all have some in common. Readers, every other of which
 * holds the codes, and a last look at everything, compare what they find with what was acknowledged. One of the writers fits and indexes over and over.
 */
export async function runManyClients({
  connectionString,
  seconds,
  writers = 4,
  readers = 8,
  pauseMs = 500,
  isExpected = () => false,
  seed = 1,
  onBegin,
  until,
}: ManyClientsOptions): Promise<ManyClientsReport> {
  const operations: Record<string, number> = {};
  const refused: Record<string, number> = {};
  const errors: string[] = [];
  let failures = 0;
  let end = Number.POSITIVE_INFINITY;
  let isHeld = until !== undefined;
  const letGo = (): void => {
    isHeld = false;
  };
  until?.then(letGo, letGo);
  const goesOn = (): boolean => (isHeld || performance.now() < end) && errors.length === 0;
  const embeddings = new WordEmbeddings(dimensions);
  const pools: pg.Pool[] = [];

  async function open(options: { localCodes?: boolean } = {}): Promise<PgBinaryVectorStore> {
    const pool = new pg.Pool({ connectionString, max: 3 });
    pool.on('error', () => {});
    pools.push(pool);
    return PgBinaryVectorStore.open(embeddings, {
      pool: counting(pool, refused),
      storage: 'vector',
      fields: ['owner'],
      ...options,
    });
  }

  /** @returns whether it was done */
  async function tried(name: string, operation: () => Promise<unknown>): Promise<boolean> {
    try {
      await operation();
      operations[name] = (operations[name] ?? 0) + 1;
      return true;
    } catch (error) {
      if (isExpected(error)) {
        failures++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      } else errors.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
      return false;
    }
  }

  const owned = Array.from({ length: writers }, () =>
    Array.from({ length: groups }, (): History => ({ states: [null], acknowledged: 0 })),
  );
  const shared = Array.from({ length: sharedIds }, (): SharedChange[] => [
    { stamp: null, begun: 0, acknowledged: 0 },
  ]);
  let stamps = 0;

  async function writeGroups(
    name: string,
    writer: number,
    places: number[],
    isDeletion: boolean,
    write: (stamp: number) => Promise<unknown>,
  ): Promise<void> {
    const histories = places.map((place) => owned[writer]?.[place] as History);
    const stamp = ++stamps;
    for (const { states } of histories) states.push(isDeletion ? null : stamp);
    const isDone = await tried(name, () => write(stamp));
    if (isDone) for (const history of histories) history.acknowledged = history.states.length - 1;
  }

  async function writeShared(
    name: string,
    places: number[],
    isDeletion: boolean,
    write: (stamp: number) => Promise<unknown>,
  ): Promise<void> {
    const stamp = ++stamps;
    const begun = performance.now();
    const changes = places.map((place) => {
      const change: SharedChange = {
        stamp: isDeletion ? null : stamp,
        begun,
        acknowledged: Number.POSITIVE_INFINITY,
      };
      shared[place]?.push(change);
      return change;
    });
    const isDone = await tried(name, () => write(stamp));
    if (!isDone) return;
    for (const change of changes) change.acknowledged = performance.now();
  }

  async function write(writer: number, store: PgBinaryVectorStore): Promise<void> {
    const random = seededRandom(1000 * seed + writer);
    const below = (most: number): number => Math.floor(most * random());
    const owner = `w${writer}`;
    const upsert = (places: number[]) =>
      writeGroups('upsert', writer, places, false, (stamp) =>
        store.addDocuments(
          shuffled(
            places.flatMap((place) => documentsOf(owner, place, stamp)),
            random,
          ),
        ),
      );
    // Together with the others, as the first of all.
    await upsert(Array.from({ length: groups }, (_, place) => place));
    for (let done = 0; goesOn(); done++) {
      const draw = random();
      if (draw < 0.45) await upsert([below(groups)]);
      else if (draw < 0.5) await upsert(Array.from({ length: groups }, (_, place) => place));
      else if (draw < 0.6) {
        const place = lastingGroups + below(groups - lastingGroups);
        const byIds = { ids: idsOf(owner, place) };
        const byFilter = { filter: { owner, group: place } };
        await writeGroups('delete', writer, [place], true, () =>
          store.delete(done % 2 === 0 ? byIds : byFilter),
        );
      } else {
        const first = below(sharedIds);
        const places = Array.from({ length: 1 + below(15) }, (_, i) => (first + i) % sharedIds);
        const ids = shuffled(places.map(sharedId), random);
        if (draw < 0.9) {
          await writeShared('upsert shared', places, false, (stamp) =>
            store.addDocuments(ids.map((id) => documentOf(id, 'shared', 0, stamp))),
          );
        } else {
          await writeShared('delete shared', places, true, () => store.delete({ ids }));
        }
      }
    }
  }

  async function maintain(store: PgBinaryVectorStore): Promise<void> {
    const random = seededRandom(seed + 77);
    const data = Float32Array.from({ length: 200 * dimensions }, () => random() - 0.5);
    const kinds: PgIndexOptions[] = [
      { kind: 'hnsw', m: 4 },
      { kind: 'ivfflat', lists: 4 },
      { kind: 'scan' },
    ];
    for (let i = 0; goesOn(); i++) {
      const bits = 16 + 8 * (i % 3);
      const quantizer = await fitQuantizer(
        { rows: 200, columns: dimensions, data },
        { kind: 'itq', bits, seed: i },
      );
      // One that is given is always taken.
      await tried('refit', () =>
        store.refit({ quantizer: i % 4 === 3 ? { kind: 'itq', bits } : quantizer }),
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs / 2));
      if (goesOn())
        await tried('index', () => store.index(kinds[i % kinds.length] as PgIndexOptions));
      await new Promise((resolve) => setTimeout(resolve, pauseMs / 2));
    }
  }

  /** What groups may be found to be by who begins to look now, to be asked when the answer is there. */
  function allowedStates(): (writer: number, place: number) => (number | null)[] {
    const before = owned.map((histories) => histories.map(({ acknowledged }) => acknowledged));
    return (writer, place) => (owned[writer]?.[place]?.states ?? []).slice(before[writer]?.[place]);
  }

  function expectThat(isSo: boolean, what: () => string): void {
    if (!isSo) throw new Error(what());
  }

  async function read(reader: number, store: PgBinaryVectorStore): Promise<void> {
    const random = seededRandom(2000 * seed + reader);
    const below = (most: number): number => Math.floor(most * random());
    while (goesOn()) {
      const [writer, place, draw] = [below(writers), below(groups), random()];
      const owner = `w${writer}`;
      const allowed = allowedStates();
      const isFilled = (owned[writer]?.[0]?.acknowledged as number) > 0;
      const expectKnown = (
        found: readonly DocumentInterface[],
        filter: { owner: string },
      ): void => {
        for (const document of found) {
          const { owner, group, stamp } = expectWhole(document);
          expectThat(
            owner === filter.owner,
            () => `found one of ${owner}, asked for ${filter.owner}`,
          );
          expectThat(allowed(writer, group).includes(stamp), () => {
            const states = JSON.stringify(allowed(writer, group));
            return `found ${document.id} with ${stamp}, expected one of ${states}`;
          });
        }
      };
      const query = textOf(`${owner}-g${place}-i${below(groupSize)}`, below(stamps + 1));
      if (draw < 0.3) {
        const lasting = below(lastingGroups);
        const history = owned[writer]?.[lasting] as History;
        const last = history.states[history.acknowledged] ?? null;
        const id = `${owner}-g${lasting}-i${below(groupSize)}`;
        const text = textOf(id, last ?? 0);
        await tried('search all', async () => {
          const found = await store.similaritySearch(text, k);
          for (const document of found) {
            const { owner, group, stamp } = expectWhole(document);
            const states = owner === 'shared' ? [stamp] : allowed(Number(owner.slice(1)), group);
            expectThat(
              states.includes(stamp),
              () => `found ${document.id} with ${stamp}, expected one of ${states.join(', ')}`,
            );
          }
          const isStill =
            last !== null && allowed(writer, lasting).every((state) => state === last);
          expectThat(
            !isStill || found.some((document) => document.id === id),
            () =>
              `missed "${text}", found ${found.map(({ pageContent }) => pageContent).join(', ')}`,
          );
        });
      } else if (draw < 0.6) {
        await tried('search', async () => {
          const found = await store.similaritySearch(query, k, { owner });
          expectKnown(found, { owner });
          expectThat(
            !isFilled || found.length === k,
            () => `found ${found.length}, asked for ${k}`,
          );
        });
      } else if (draw < 0.7) {
        await tried('MMR', async () => {
          const options = { k, fetchK: 20, filter: { owner, group: { $lt: lastingGroups } } };
          const found = await store.maxMarginalRelevanceSearch(query, options);
          expectKnown(found, { owner });
          expectThat(
            !isFilled || found.length === k,
            () => `found ${found.length}, asked for ${k}`,
          );
        });
      } else if (draw < 0.95) {
        await tried('getByIds', async () => {
          const found = await store.getByIds(idsOf(owner, place));
          expectKnown(found, { owner });
          const stamps = new Set(found.map(({ metadata }) => metadata.stamp));
          expectThat(stamps.size < 2, () => `found half of a change: ${[...stamps].join(' and ')}`);
          const state = found.length === 0 ? null : (found[0]?.metadata.stamp as number);
          const isWhole = found.length === 0 || found.length === groupSize;
          expectThat(isWhole && allowed(writer, place).includes(state), () => {
            const states = JSON.stringify(allowed(writer, place));
            return `found ${found.length} with ${state}, expected one of ${states}`;
          });
        });
      } else {
        await tried('getByIds shared', async () => {
          const found = await store.getByIds(
            Array.from({ length: sharedIds }, (_, i) => sharedId(i)),
          );
          for (const document of found) expectWhole(document);
        });
      }
    }
  }

  /** Everything, when all have finished. */
  async function lookAtAll(store: PgBinaryVectorStore): Promise<void> {
    for (const [writer, histories] of owned.entries()) {
      for (const [place, { states, acknowledged }] of histories.entries()) {
        const found = await store.getByIds(idsOf(`w${writer}`, place));
        const stamps = [...new Set(found.map((document) => expectWhole(document).stamp))];
        const isWhole =
          found.length === 0
            ? states.slice(acknowledged).includes(null)
            : found.length === groupSize;
        const isKnown = stamps.every((stamp) => states.slice(acknowledged).includes(stamp));
        expectThat(
          isWhole && isKnown && stamps.length < 2,
          () =>
            `w${writer}, group ${place}: found ${found.length} with ${stamps.join(' and ')}, expected one of ${states.slice(acknowledged).join(', ')}`,
        );
      }
    }
    const ids = Array.from({ length: sharedIds }, (_, i) => sharedId(i));
    const found = new Map(
      (await store.getByIds(ids)).map((document) => [document.id, expectWhole(document).stamp]),
    );
    for (const [place, changes] of shared.entries()) {
      const stamp = found.get(sharedId(place)) ?? null;
      // One that was begun after another was acknowledged has replaced that.
      const last = Math.max(
        ...changes
          .filter(({ acknowledged }) => Number.isFinite(acknowledged))
          .map(({ begun }) => begun),
      );
      const isLast = changes.some(
        (change) => change.stamp === stamp && change.acknowledged >= last,
      );
      expectThat(isLast, () => `${sharedId(place)}: found ${stamp}, which was replaced`);
    }
  }

  try {
    const writing = await Promise.all(Array.from({ length: writers }, () => open()));
    const reading = await Promise.all(
      Array.from({ length: readers }, (_, i) => open({ localCodes: i % 2 === 1 })),
    );
    end = performance.now() + 1000 * seconds;
    onBegin?.();
    const tasks = [
      ...writing.map((store, writer) => write(writer, store)),
      ...reading.map((store, reader) => read(reader, store)),
    ];
    if (writing[0]) tasks.push(maintain(writing[0]));
    await Promise.all(tasks);
    const last = await open();
    await tried('look at all', () => lookAtAll(last));
    const checked = await checkCollection(pools[0] as PgPool, {
      embed: (texts) => embeddings.embedDocuments(texts),
    });
    return { ...checked, operations, errors, failures, refused, documents: await last.count() };
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function idsOf(owner: string, place: number): string[] {
  return Array.from({ length: groupSize }, (_, i) => `${owner}-g${place}-i${i}`);
}

function sharedId(i: number): string {
  return `shared-${i}`;
}

function documentsOf(owner: string, group: number, stamp: number): DocumentInterface[] {
  return idsOf(owner, group).map((id) => documentOf(id, owner, group, stamp));
}

function documentOf(id: string, owner: string, group: number, stamp: number): DocumentInterface {
  return { id, pageContent: textOf(id, stamp), metadata: { owner, group, stamp } };
}

function textOf(id: string, stamp: number): string {
  return `${id} stamp${stamp}`;
}

/** @throws Error for a document of which one part is of one change, and another of another */
function expectWhole({ id, pageContent, metadata }: DocumentInterface): {
  readonly owner: string;
  readonly group: number;
  readonly stamp: number;
} {
  const { owner, group, stamp } = metadata as { owner: string; group: number; stamp: number };
  const isOwn = id?.startsWith(owner === 'shared' ? 'shared-' : `${owner}-g${group}-`);
  if (isOwn && pageContent === textOf(id as string, stamp)) return { owner, group, stamp };
  throw new Error(`${id}: got "${pageContent}" with ${JSON.stringify(metadata)}`);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Counts what the server refuses. */
export function counting(pool: pg.Pool, refused: Record<string, number>): PgPool {
  const counted =
    (target: PgQueryable): PgQueryable['query'] =>
    (text, values) =>
      target.query(text, values).catch((error: unknown) => {
        const state = sqlStateOf(error) ?? 'no answer';
        refused[state] = (refused[state] ?? 0) + 1;
        throw error;
      }) as never;
  return {
    query: counted(pool),
    async connect() {
      const client = await pool.connect();
      return {
        query: counted(client),
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
      };
    },
  };
}
