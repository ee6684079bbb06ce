import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WordEmbeddings } from '../../store/vector-store.suite.ts';
import { faulty } from '../database/faulty-pool.suite.ts';
import type { PgPool } from '../database/pg-pool.ts';
import { describeServers } from '../database/servers.suite.ts';
import type { TestServer } from '../database/start-server.suite.ts';
import type { PgPartitionedStoreOptions, PgPartitionFailure } from './pg-partitioned-store.ts';
import { PgPartitionedVectorStore } from './pg-partitioned-store.ts';
import { partitionOf } from './pg-placement.ts';

const random = seededRandom(5);
const dimensions = 8;
const vectors = Array.from({ length: 100 }, () =>
  Array.from({ length: dimensions }, () => random() - 0.5),
);
const ids = vectors.map((_, i) => `doc-${i}`);
const documents = ids.map((id, i) => new Document({ pageContent: `text ${i}`, metadata: {}, id }));
const [query] = vectors as [number[]];

/** Passes bytes on, until it is to be as a host that is gone: it answers nothing then, and closes nothing. */
async function startGate(port: number): Promise<{
  readonly port: number;
  hang(): void;
  /** For connections that are made from now on. */
  open(): void;
  close(): void;
}> {
  let isOpen = true;
  const sockets = new Set<Socket>();
  const gate = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    if (!isOpen) return;
    const server = connect(port, '127.0.0.1').on('error', () => socket.destroy());
    sockets.add(server);
    socket.pipe(server).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    gate.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (gate.address() as { port: number }).port,
    hang() {
      isOpen = false;
      for (const socket of sockets) socket.unpipe().pause();
    },
    open() {
      isOpen = true;
    },
    close() {
      gate.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describeServers('stores on several servers', (start) => {
  const settings = { max_prepared_transactions: 10 };
  let servers: readonly [TestServer, TestServer];
  const toClose: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    servers = await Promise.all([start({ settings }), start({ settings })]);
  });
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close();
  });

  const open = async (
    options: Partial<PgPartitionedStoreOptions> = {},
  ): Promise<PgPartitionedVectorStore> => {
    const store = await PgPartitionedVectorStore.open(new WordEmbeddings(), {
      partitions: servers.map(({ connectionString: connection }) => ({ connection })),
      collection: randomUUID(),
      ...options,
    });
    toClose.push(() => store.close());
    return store;
  };
  const poolOf = ({ connectionString }: TestServer): PgPool => {
    const pool = new pg.Pool({ connectionString });
    pool.on('error', () => {});
    toClose.push(() => pool.end());
    return pool;
  };

  describe('one that goes away', () => {
    it('fails searches in time, and answers again when it is back', async () => {
      const [first, second] = servers;
      const gate = await startGate(second.port);
      const url = new URL(second.connectionString);
      url.port = `${gate.port}`;
      const told: (readonly PgPartitionFailure[])[] = [];
      const options: Partial<PgPartitionedStoreOptions> = {
        collection: randomUUID(),
        partitions: [{ connection: first.connectionString }, { connection: url.href }],
        timeoutMs: 3000,
        connectTimeoutMs: 3000,
      };
      const store = await open(options);
      const partial = await open({ ...options, onPartial: (failures) => void told.push(failures) });
      toClose.push(() => gate.close());
      await store.addVectors(vectors, documents);
      const search = (): Promise<unknown> => store.similaritySearchVectorWithScore(query, 10);
      const answers = await search();
      // More than a pool has connections: it has all of them then.
      const searches = (): Promise<unknown>[] => Array.from({ length: 15 }, search);
      await Promise.all(searches());

      gate.hang();
      const hanging = searches();
      for (const each of hanging) {
        await expect(each).rejects.toMatchObject({
          code: 'database-failed',
          message: expect.stringMatching(/^partitions\[1\]: .* got no answer/),
        });
      }
      const found = await partial.similaritySearchVectorWithScore(query, 100);
      const own = ids.filter((id) => partitionOf(id, 2) === 0);
      expect(new Set(found.map(([{ id }]) => id))).toEqual(new Set(own));
      expect(told).toMatchObject([[{ partition: 1, error: { code: 'database-failed' } }]]);
      gate.open();
      await vi.waitUntil(
        () =>
          search().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      );
      expect(await search()).toEqual(answers);

      await second.stop({ mode: 'kill' });
      await expect(search()).rejects.toThrow(/^partitions\[1\]: /);
      expect(await partial.similaritySearchVectorWithScore(query, 100)).toHaveLength(own.length);
      await second.start();
      expect(await search()).toEqual(answers);
      expect(await partial.similaritySearchVectorWithScore(query, 10)).toEqual(answers);
      expect(told).toHaveLength(2);
    });

    it('in the middle of writes loses nothing that was acknowledged', async () => {
      const store = await open();
      const acknowledged: string[] = [];
      let isOver = false;
      const write = async (): Promise<string[]> => {
        for (let round = 0; ; round++) {
          const own = vectors.map((_, i) => `${round}-${i}`);
          try {
            await store.addVectors(vectors, documents, { ids: own });
          } catch {
            return own;
          }
          acknowledged.push(...own);
          if (isOver) return own;
        }
      };
      const writing = write();
      await vi.waitUntil(() => acknowledged.length >= 500, { timeout: 30_000 });
      await servers[1].stop({ mode: 'kill' });
      isOver = true;
      const last = await writing;
      await servers[1].start();
      expect(await store.getByIds(acknowledged)).toHaveLength(acknowledged.length);
      await store.addVectors(vectors, documents, { ids: last });
      expect(await store.count()).toBe(new Set([...acknowledged, ...last]).size);
    });
  });

  it('do not wait for each other without end', async () => {
    const collection = randomUUID();
    const first = await open({ collection });
    await first.addVectors(vectors, documents);
    // Each has changed documents on one server before it changes those of the other.
    let [waiting, changed] = [2, (): void => {}];
    const both = new Promise<void>((resolve) => {
      changed = () => --waiting === 0 && resolve();
    });
    const isInsert = (text: string): boolean =>
      text.startsWith('INSERT INTO "bitryoshka"."documents');
    const crossing = (own: number): Promise<PgPartitionedVectorStore> =>
      open({
        collection,
        partitions: servers.map((server, place) => {
          let isFirst = true;
          const pool = faulty(poolOf(server), {
            before: (text) => (isInsert(text) && place !== own ? both : undefined),
            after: (text) => {
              if (isInsert(text) && place === own && isFirst) changed();
              if (isInsert(text)) isFirst = false;
            },
          });
          return { pool };
        }),
      });
    const stores = await Promise.all([crossing(0), crossing(1)]);
    await Promise.all(stores.map((store) => store.addVectors(vectors, documents)));
    expect(await first.count()).toBe(100);
  });

  describe('changes that are made on all servers or on none', () => {
    const leftOn = async (server: TestServer): Promise<unknown[]> => {
      const [prepared, decisions] = await Promise.all(
        ['SELECT gid FROM pg_prepared_xacts', 'SELECT * FROM bitryoshka.decisions'].map((text) =>
          poolOf(server).query(text),
        ),
      );
      return [prepared?.rows.length, decisions?.rows.length];
    };
    const nothingLeft = [
      [0, 0],
      [0, 0],
    ];
    /** What a client waits for that does nothing for a while. */
    const startWaiting = (): { readonly wait: Promise<void>; readonly goOn: () => void } => {
      let goOn = (): void => {};
      const wait = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return { wait, goOn };
    };
    type At = (place: number, text: string) => Promise<void> | undefined;
    /** A store, of which something happens before statements. */
    const openWith = (collection: string, at: At): Promise<PgPartitionedVectorStore> =>
      open({
        collection,
        atomic: true,
        partitions: servers.map((server, place) => ({
          pool: faulty(poolOf(server), { before: (text) => at(place, text) }),
        })),
      });
    const idle = 'SELECT count(*)::int AS n FROM pg_prepared_xacts';
    const untilPrepared = (): Promise<unknown> =>
      vi.waitUntil(async () => (await poolOf(servers[1]).query(idle)).rows[0]?.n === 1, {
        timeout: 20_000,
      });

    it('leave nothing behind', async () => {
      const store = await open({ atomic: true });
      await store.addVectors(vectors, documents);
      expect(await store.count()).toBe(100);
      await store.delete({ ids: ids.slice(50) });
      await store.delete({ ids: [] });
      await expect(store.addVectors([[1]], [new Document({ pageContent: 'x' })])).rejects.toThrow();
      expect(await store.count()).toBe(50);
      await store.drop();
      expect(await Promise.all(servers.map(leftOn))).toEqual(nothingLeft);
    });

    it('are undone where their client is gone before they were decided', async () => {
      const collection = randomUUID();
      const { wait, goOn } = startWaiting();
      let isGone = false;
      const store = await openWith(collection, (place, text) =>
        isGone && place === 0 && text === 'COMMIT' ? wait : undefined,
      );
      isGone = true;
      const adding = store.addVectors(vectors, documents);
      await untilPrepared();
      // While it may yet be decided, it is left alone.
      const other = await open({ collection });
      expect((await leftOn(servers[1]))[0]).toBe(1);
      expect(await other.count()).toBe(0);
      await poolOf(servers[0]).query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`,
      );
      const next = await open({ collection });
      expect(await Promise.all(servers.map(leftOn))).toEqual(nothingLeft);
      expect(await next.count()).toBe(0);
      await next.addVectors(vectors, documents);
      expect(await next.count()).toBe(100);
      // It was not gone, but slow.
      isGone = false;
      goOn();
      await expect(adding).rejects.toMatchObject({ code: 'database-failed' });
    });

    it('are completed where their client is gone after they were decided', async () => {
      const collection = randomUUID();
      const { wait, goOn } = startWaiting();
      let isGone = false;
      const store = await openWith(collection, (_, text) =>
        isGone && text.startsWith('COMMIT PREPARED') ? wait : undefined,
      );
      isGone = true;
      const adding = store.addVectors(vectors, documents);
      await untilPrepared();
      await vi.waitUntil(async () => (await leftOn(servers[0]))[1] === 1, { timeout: 20_000 });
      const next = await open({ collection });
      expect(await next.count()).toBe(100);
      expect(await Promise.all(servers.map(leftOn))).toEqual(nothingLeft);
      goOn();
      expect(await adding).toEqual(ids);
    });

    it('are undone where it is not known whether they were decided, and were not', async () => {
      let isLost = false;
      const store = await openWith(randomUUID(), async (place, text) => {
        if (!isLost || place !== 0 || text !== 'COMMIT') return;
        isLost = false;
        await poolOf(servers[0]).query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`,
        );
      });
      isLost = true;
      await expect(store.addVectors(vectors, documents)).rejects.toMatchObject({
        code: 'database-failed',
        message: expect.stringMatching(/^partitions\[0\]: /),
      });
      expect(await store.count()).toBe(0);
      expect(await Promise.all(servers.map(leftOn))).toEqual(nothingLeft);
    });

    it('are completed by the next change where a server was gone', async () => {
      let kill = false;
      const store = await openWith(randomUUID(), async (place, text) => {
        if (!kill || place !== 1 || !text.startsWith('COMMIT PREPARED')) return;
        await servers[1].stop({ mode: 'kill' });
      });
      kill = true;
      await store.addVectors(vectors, documents);
      kill = false;
      await servers[1].start();
      expect(await store.count()).toBeLessThan(100);
      await store.addVectors([query], [new Document({ pageContent: 'more' })]);
      expect(await store.count()).toBe(101);
      expect(await Promise.all(servers.map(leftOn))).toEqual(nothingLeft);
    });
  });

  it('are read through their replicas, also while they are away', async () => {
    const [first, second] = servers;
    const replica = await start({ replicaOf: first, settings });
    const options = {
      collection: randomUUID(),
      partitions: [
        {
          connection: first.connectionString,
          replicas: [{ connection: replica.connectionString }],
        },
        { connection: second.connectionString },
      ],
      timeoutMs: 5000,
    };
    const store = await open(options);
    await store.addVectors(vectors, documents);
    await store.refit({ quantizer: { kind: 'sign', bits: dimensions } });
    await store.index({ kind: 'hnsw' });
    const local = await open({ ...options, localCodes: true });
    const { rows } = await poolOf(first).query('SELECT pg_current_wal_lsn() AS lsn');
    const copy = poolOf(replica);
    await vi.waitUntil(
      async () => {
        const text = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is_there';
        return (await copy.query(text, [rows[0]?.lsn])).rows[0]?.is_there === true;
      },
      { timeout: 20_000 },
    );
    const search = async (by = store): Promise<Set<unknown>> => {
      const found = await by.similaritySearchVectorWithScore(query, 100);
      return new Set(found.map(([{ id }]) => id));
    };
    await first.stop({ mode: 'kill' });
    expect(await search()).toEqual(new Set(ids));
    expect(await search(local)).toEqual(new Set(ids));
    await expect(store.addVectors(vectors, documents)).rejects.toThrow(/^partitions\[0\]: /);
    await first.start();
    await replica.stop({ mode: 'kill' });
    expect(await search()).toEqual(new Set(ids));
  });
});
