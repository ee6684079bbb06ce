import { fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/index.ts';
import { checkCollection } from './collection/collection-problems.suite.ts';
import { faulty } from './database/faulty-pool.suite.ts';
import type { PgPool } from './database/pg-pool.ts';
import { describeDatabases, describeServers } from './database/servers.suite.ts';
import { counting, runManyClients } from './many-clients.suite.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const embeddings = new WordEmbeddings();
const embed = (texts: string[]) => embeddings.embedDocuments(texts);
const { dimensions } = embeddings;
const random = seededRandom(1);
const data = Float32Array.from({ length: 100 * dimensions }, () => random() - 0.5);
const quantizers = await Promise.all(
  [24, 16].map((bits) =>
    fitQuantizer({ rows: 100, columns: dimensions, data }, { kind: 'itq', bits }),
  ),
);
const [first, second] = quantizers;
const documentOf = (id: string, by = '') => ({
  id,
  pageContent: `text ${id} ${by}`,
  metadata: { by },
});
const documentsOf = (name: string, count: number, by?: string) =>
  Array.from({ length: count }, (_, i) => documentOf(`${name}${i}`, by));
const open = (pool: PgPool) => PgBinaryVectorStore.open(embeddings, { pool, storage: 'vector' });
const sound = { problems: [], isBuilding: false };

describeDatabases((database) => {
  describe('a client that knows codes of before', () => {
    it('writes and searches those that serve', async () => {
      const { pool, stop } = await database.open();
      const [one, other] = [await open(pool), await open(pool)];
      await one.addDocuments(documentsOf('a', 12));
      await one.refit({ quantizer: first });
      await other.similaritySearch('text');
      await one.refit({ quantizer: second });
      // It goes by what it has read just now: it looks for a table that is gone.
      expect(await other.similaritySearch('text a7', 1)).toMatchObject([{ id: 'a7' }]);
      await one.refit({ quantizer: first });
      await other.addDocuments(documentsOf('a', 4, 'other'));
      await other.addDocuments(documentsOf('b', 4, 'other'));
      await one.refit({ quantizer: second });
      await other.delete({ ids: ['a1', 'b1'] });
      await other.delete({ filter: { by: 'other' } });
      expect(await other.count()).toBe(8);
      expect(await checkCollection(pool, { embed })).toEqual(sound);
      await one.refit({ quantizer: first });
      await other.delete({ deleteAll: true });
      expect(await checkCollection(pool, { embed })).toEqual(sound);
      await stop();
    });

    it('looks again where they are replaced while it reads of them', async () => {
      const { pool, stop } = await database.open();
      let reads = 0;
      const slow = faulty(pool, {
        before: async (text) => {
          if (!text.startsWith('SELECT file') || reads++ > 0) return;
          await one.refit({ quantizer: second });
        },
      });
      // While there are no documents, it asks each time.
      const [one, other] = [await open(pool), await open(slow)];
      await one.addDocuments(documentsOf('a', 12));
      await one.refit({ quantizer: first });
      expect(await other.similaritySearch('text a7', 1)).toMatchObject([{ id: 'a7' }]);
      expect(reads).toBe(2);
      await pool.query('DELETE FROM bitryoshka.quantizers');
      await expect(open(pool)).rejects.toThrow('got no quantizer of version 2');
      await stop();
    });
  });
});

describeServers('clients of a server', (start) => {
  const server = async () =>
    (await start({ settings: { deadlock_timeout: 100 } })).connectionString;
  const pools: pg.Pool[] = [];
  const connect = (connectionString: string) => {
    const pool = new pg.Pool({ connectionString });
    pools.push(pool);
    return pool;
  };
  const end = () => Promise.all(pools.splice(0).map((pool) => pool.end()));

  it('make one schema and one collection, all at once, without waiting for each other', async () => {
    const connectionString = await server();
    const refused: Record<string, number> = {};
    const clients = Array.from({ length: 10 }, () => counting(connect(connectionString), refused));
    const stores = await Promise.all(clients.map(open));
    await Promise.all(stores.map((store, i) => store.addDocuments(documentsOf(`${i}-`, 5))));
    expect(await stores[0]?.count()).toBe(50);
    expect(refused).not.toHaveProperty('40P01');
    await end();
  });

  it('write the same documents in different orders', async () => {
    const connectionString = await server();
    const refused: Record<string, number> = {};
    const [one, other] = [connect(connectionString), connect(connectionString)];
    await (await open(one)).addDocuments([...documentsOf('a', 1000), ...documentsOf('b', 1000)]);
    // Each has written a half, in one statement, when both begin with that of the other.
    let halves = 0;
    let letGo = (): void => {};
    const both = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const meeting = (pool: pg.Pool): PgPool => {
      let statements = 0;
      return faulty(counting(pool, refused), {
        before: (text) => {
          if (!text.startsWith('INSERT INTO "bitryoshka"."documents')) return undefined;
          if (++statements !== 2) return undefined;
          if (++halves === 2) letGo();
          return both;
        },
      });
    };
    const stores = await Promise.all([one, other].map((pool) => open(meeting(pool))));
    await Promise.all([
      stores[0]?.addDocuments([...documentsOf('a', 1000, 'one'), ...documentsOf('b', 1000, 'one')]),
      stores[1]?.addDocuments([...documentsOf('b', 1000, 'two'), ...documentsOf('a', 1000, 'two')]),
    ]);
    expect(refused['40P01']).toBeGreaterThan(0);
    const { rows } = await one.query(
      `SELECT DISTINCT metadata ->> 'by' AS by FROM bitryoshka.documents_1`,
    );
    expect(rows).toHaveLength(1);
    expect(await checkCollection(one, { embed })).toEqual(sound);

    const shuffled = () =>
      documentsOf('a', 300, String(Math.random())).sort(() => Math.random() - 0.5);
    const many = await Promise.all(
      Array.from({ length: 6 }, () => open(counting(connect(connectionString), refused))),
    );
    for (let round = 0; round < 3; round++) {
      await Promise.all(many.map((store) => store.addDocuments(shuffled())));
    }
    expect(await checkCollection(one, { embed })).toEqual(sound);
    await end();
  });

  it('may be forbidden to make functions', async () => {
    const connectionString = await server();
    const owner = connect(connectionString);
    const store = await open(owner);
    await store.addDocuments(documentsOf('a', 12));
    await store.refit({ quantizer: first });
    await owner.query(`
      DROP FUNCTION bitryoshka.decoded_score;
      CREATE ROLE guest LOGIN;
      GRANT USAGE ON SCHEMA bitryoshka TO guest;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bitryoshka TO guest`);
    const url = new URL(connectionString);
    url.username = 'guest';
    const depth = { candidates: 8, rerank: 4 };
    const guest = await PgBinaryVectorStore.open(embeddings, { pool: connect(url.href), depth });
    await guest.addDocuments(documentsOf('a', 1, 'guest'));
    expect(await guest.similaritySearch('text a7', 1)).toMatchObject([{ id: 'a7' }]);
    expect(await checkCollection(owner, { embed })).toEqual(sound);
    await end();
  });

  it('search while another deletes all', async () => {
    const pool = connect(await server());
    const store = await open(pool);
    await store.addDocuments(documentsOf('a', 12));
    await store.refit({ quantizer: first });
    // As a search that has begun with the codes.
    const client = await pool.connect();
    await client.query('BEGIN; LOCK TABLE bitryoshka.codes_1_1 IN ACCESS SHARE MODE');
    const deleted = store.delete({ deleteAll: true });
    let isWaiting = false;
    while (!isWaiting) {
      const { rows } = await pool.query('SELECT FROM pg_locks WHERE NOT granted');
      isWaiting = rows.length > 0;
    }
    // Longer than the other waits before it looks for a deadlock: this one would be given up.
    await client.query('SELECT pg_sleep(.3)');
    const { rows } = await client.query('SELECT count(*)::int FROM bitryoshka.documents_1');
    expect(rows).toEqual([{ count: 12 }]);
    await client.query('COMMIT');
    client.release();
    await deleted;
    expect(await store.count()).toBe(0);
    await end();
  });

  it('write, read, fit and index side by side, and lose nothing', async () => {
    const report = await runManyClients({ connectionString: await server(), seconds: 4 });
    expect(report).toMatchObject({ errors: [], ...sound });
    const { operations } = report;
    for (const name of [
      'upsert',
      'upsert shared',
      'search',
      'search all',
      'MMR',
      'getByIds',
      'refit',
    ]) {
      expect(operations[name], name).toBeGreaterThan(0);
    }
  });
});
