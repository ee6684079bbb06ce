import { randomUUID } from 'node:crypto';
import type { Matrix, Quantizer } from '@bitryoshka/core';
import { fitQuantizer, toMatrix } from '@bitryoshka/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthetic } from '../../store/synthetic-topic.suite.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import { codeColumns, parseVector } from '../collection/pg-values.ts';
import type { PgClient, PgPool } from '../database/pg-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';

const columns = 16;
const vectors = synthetic(1, 2200, columns);
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 16 });
const other = await fitQuantizer(vectors, { kind: 'median', bits: 8 });
const embeddings = new WordEmbeddings(columns);
const conflict = { code: 'write-conflict' };

const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    pageContent: `text ${first + i}`,
    metadata: { i: first + i },
    id: `${first + i}`,
  }));
const part = (start: number, end: number): Matrix => ({
  rows: end - start,
  columns,
  data: vectors.data.slice(start * columns, end * columns),
});
const vectorOf = (i: number) => vectors.data.slice(i * columns, (i + 1) * columns);

/** A pool that keeps what it was asked, and fails from when it is told to, as when its process is gone. */
function watched(pool: PgPool): PgPool & { texts: string[]; isDead: boolean } {
  const say = (of: { texts: string[]; isDead: boolean }, text: string) => {
    of.texts.push(text);
    if (of.isDead) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  };
  return {
    texts: [],
    isDead: false,
    isSingle: pool.isSingle,
    async query(text, values) {
      say(this, text);
      return pool.query(text, values);
    },
    async connect(): Promise<PgClient> {
      const client = await pool.connect();
      return {
        query: async (text, values) => {
          say(this, text);
          return client.query(text, values);
        },
        release: (destroy) => client.release(destroy),
      };
    },
  };
}

describeDatabases((database) => {
  let opened: OpenDatabase;
  let pool: PgPool;
  beforeAll(async () => {
    opened = await database.open();
    pool = opened.pool;
  });
  afterAll(() => opened?.stop());

  const open = (collection: string, options: PgStoreOptions = {}) =>
    PgBinaryVectorStore.open(embeddings, { pool, collection, ...options });
  async function filled(count: number, options: PgStoreOptions = {}) {
    const collection = randomUUID();
    const store = await open(collection, options);
    await store.addVectors(part(0, count), documents(count));
    return { store, collection };
  }

  async function rowsOf<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await pool.query<Row>(text, values)).rows;
  }

  /** What there is of a collection besides its documents. */
  async function structureOf(collection: string) {
    const [row] = await rowsOf<{ id: number; active: number | null; building: number | null }>(
      'SELECT id, active, building, holder, index, depth FROM bitryoshka.collections WHERE name = $1',
      [collection],
    );
    const tables = await rowsOf<{ relname: string; indexes: string }>(
      `SELECT relname, (SELECT string_agg(amname, ' ' ORDER BY amname) FROM pg_index i
         JOIN pg_class x ON x.oid = indexrelid JOIN pg_am a ON a.oid = x.relam
         WHERE indrelid = c.oid AND indisvalid) AS indexes
       FROM pg_class c WHERE relkind = 'r' AND relname LIKE $1 ORDER BY relname`,
      [`codes\\_${row?.id}\\_%`],
    );
    const quantizers = await rowsOf(
      'SELECT version, bits FROM bitryoshka.quantizers WHERE collection = $1 ORDER BY version',
      [row?.id],
    );
    return { ...row, tables, quantizers };
  }

  /** Each document has the code of its vector, and there are no others. */
  async function expectWholeCodes(collection: string, made: Quantizer): Promise<void> {
    const { id, active } = await structureOf(collection);
    const found = await rowsOf<{ vector: string | null; code: string | null }>(
      `SELECT d.vector::text AS vector, c.code::text AS code
       FROM bitryoshka.documents_${id} d FULL JOIN bitryoshka.codes_${id}_${active} c ON c.row = d.row`,
      [],
    );
    const matrix = toMatrix(found.map(({ vector }) => parseVector(vector ?? '[]')));
    expect(found.map(({ code }) => code)).toEqual(
      codeColumns(made.encode(matrix, 'document'), made.decoder).code,
    );
  }

  const nearest = async (store: PgBinaryVectorStore, i: number, k = 1) =>
    (await store.similaritySearchVectorWithScore(vectorOf(i), k)).map(([{ id }]) => id);

  describe('a refit', () => {
    it('is at once what other clients search and write', async () => {
      const { store, collection } = await filled(60);
      await store.refit({ quantizer });
      const seen = watched(pool);
      const late = await open(collection, { pool: seen });
      expect(await nearest(late, 7)).toEqual(['7']);
      const { id } = await structureOf(collection);
      expect(seen.texts.at(-1)).toContain(`codes_${id}_1`);
      const { isReplaced } = await store.refit({ quantizer: other });
      expect(isReplaced).toBe(true);
      // By what it knows, the codes are where they were.
      expect(await nearest(late, 8)).toEqual(['8']);
      expect(seen.texts.at(-1)).toContain(`codes_${id}_2`);
      await late.addVectors(part(60, 70), documents(10, 60));
      await late.delete({ ids: ['1', '61'] });
      await late.delete({ filter: { i: { $lt: 4 } } });
      await expectWholeCodes(collection, other);
      expect(await nearest(store, 65)).toEqual(['65']);
      expect(await structureOf(collection)).toMatchObject({
        active: 2,
        building: null,
        holder: null,
        tables: [{ relname: `codes_${id}_2` }],
        quantizers: [{ version: 2, bits: 8 }],
      });
    });

    it.each([0, 1])('has what was changed meanwhile, after %d batches', async (batches) => {
      const { store, collection } = await filled(600);
      const [writer, reader] = [await open(collection), await open(collection)];
      await store.refit({ quantizer });
      let changes: Promise<unknown> | undefined;
      let isRefitted = false;
      let ended: boolean[] = [];
      await store.refit({
        quantizer: other,
        onProgress: ({ stage, done }) => {
          if (stage !== 'encode' || done < batches * 500 || changes) return;
          const added = writer.addVectors(part(600, 660), documents(60, 600));
          const made = [
            added.then(() => nearest(reader, 605)).then((found) => expect(found).toEqual(['605'])),
            // Others in the place of some: of those that are encoded, and of those that are not.
            writer.addVectors(part(700, 702), [...documents(1, 5), ...documents(1, 550)]),
            writer.delete({ ids: ['0', '10', '599', '601'] }),
            writer.delete({ filter: { i: { $in: [20, 598, 602] } } }),
          ];
          changes = Promise.all(made).then(() => ended.push(isRefitted));
        },
      });
      isRefitted = true;
      await changes;
      expect(ended).toEqual([false]);
      ended = [];
      await expectWholeCodes(collection, other);
      expect(await store.count()).toBe(600 + 60 - 7);
      expect(await nearest(reader, 700)).toEqual(['5']);
      expect(await nearest(writer, 701)).toEqual(['550']);
    });

    it('that fails or is stopped leaves what served, and nothing else', async () => {
      const { store, collection } = await filled(60);
      const late = await open(collection);
      await store.refit({ quantizer });
      await store.index({ kind: 'hnsw', m: 4 });
      const before = await structureOf(collection);
      const answers = () => Promise.all([3, 30].map((i) => nearest(late, i, 10)));
      const found = await answers();
      const stages = new Set<string>();
      const recipe = { kind: 'median', bits: 8 } as const;
      await store.refit({ quantizer: recipe, onProgress: ({ stage }) => stages.add(stage) });
      expect([...stages]).toEqual(expect.arrayContaining(['encode', 'neighbours', 'recall']));
      await store.refit({ quantizer });
      const again = await structureOf(collection);
      expect(again.tables).toMatchObject([{ indexes: before.tables[0]?.indexes }]);
      const failAt = async (stage: string, signal: AbortSignal | undefined, fail: () => void) => {
        const failing = store.refit({
          quantizer: recipe,
          signal,
          onProgress: (progress) => {
            if (progress.stage === stage) fail();
          },
        });
        await expect(failing).rejects.toThrow(`ended at ${stage}`);
        expect(await structureOf(collection)).toEqual(again);
        expect(await answers()).toEqual(found);
      };
      for (const stage of stages) {
        await failAt(stage, undefined, () => {
          throw new Error(`ended at ${stage}`);
        });
      }
      for (const stage of ['encode', 'recall']) {
        const controller = new AbortController();
        await failAt(stage, controller.signal, () =>
          controller.abort(new Error(`ended at ${stage}`)),
        );
      }
      await expectWholeCodes(collection, quantizer);
    });

    it('clears what a client left that is gone', async () => {
      const { store, collection } = await filled(60);
      await store.refit({ quantizer });
      const dying = watched(pool);
      const gone = await open(collection, { pool: dying });
      const refit = gone.refit({
        quantizer: other,
        onProgress: ({ stage }) => {
          if (stage === 'neighbours') dying.isDead = true;
        },
      });
      await expect(refit).rejects.toMatchObject({ code: 'database-failed' });
      const { id, ...left } = await structureOf(collection);
      const tables = [{ relname: `codes_${id}_1` }, { relname: `codes_${id}_2` }];
      expect(left).toMatchObject({ active: 1, building: 2, tables });
      // Its claim is good for a minute.
      await expect(store.refit({ quantizer })).rejects.toMatchObject(conflict);
      expect((await store.health()).advice).toEqual([]);
      // What serves does so, and what is written goes to both.
      await store.addVectors(part(60, 62), documents(2, 60));
      expect(await nearest(store, 61)).toEqual(['61']);
      await pool.query(
        `UPDATE bitryoshka.collections SET held_until = now() - interval '1 second' WHERE name = $1`,
        [collection],
      );
      expect((await store.health()).advice).toEqual([expect.stringMatching(/client that is gone/)]);
      await store.refit({ quantizer: other });
      expect(await structureOf(collection)).toMatchObject({
        active: 3,
        building: null,
        holder: null,
        tables: [{ relname: `codes_${id}_3` }],
        quantizers: [{ version: 3 }],
      });
      expect((await store.health()).advice).toEqual([]);
    });

    it('is refused, as an index is, while another client is at it', async () => {
      const { store, collection } = await filled(60);
      const late = await open(collection);
      await store.refit({ quantizer });
      let refused: Promise<unknown>[] = [];
      await store.refit({
        quantizer: other,
        onProgress: ({ stage }) => {
          if (stage !== 'encode' || refused.length > 0) return;
          refused = [late.refit({ quantizer }), late.index({ kind: 'hnsw' })].map((each) =>
            expect(each).rejects.toMatchObject(conflict),
          );
        },
      });
      expect(await Promise.all(refused)).toHaveLength(2);
      expect((await structureOf(collection)).quantizers).toMatchObject([{ version: 2, bits: 8 }]);
      await late.index({ kind: 'hnsw' });
      await late.refit({ quantizer });
      expect((await structureOf(collection)).quantizers).toMatchObject([{ version: 3, bits: 16 }]);
    });

    it('does not take codes that find less, unless they are given', async () => {
      const { store, collection } = await filled(2200);
      await store.refit({ quantizer });
      const before = await structureOf(collection);
      const recipe = { kind: 'sign', bits: 1 } as const;
      const refused = await store.refit({ quantizer: recipe });
      expect(refused).toMatchObject({ isReplaced: false, quantizer: { kind: 'itq', bits: 16 } });
      expect(refused.recall.before).toBeGreaterThan(0.98);
      expect(await structureOf(collection)).toEqual(before);
      const given = await fitQuantizer(vectors, recipe);
      const { isReplaced, recall } = await store.refit({ quantizer: given });
      expect(isReplaced).toBe(true);
      expect(recall.after).toBeLessThan(0.95);
      expect((await structureOf(collection)).quantizers).toMatchObject([{ bits: 1 }]);
    });
  });

  describe('an index', () => {
    it('is of one kind at a time, stays through refits, and finds the same for all clients', async () => {
      const { store, collection } = await filled(300, { depth: { candidates: 300, rerank: 300 } });
      const late = await open(collection);
      await store.refit({ quantizer });
      const exact = await nearest(store, 9, 10);
      const kinds = async () =>
        (await structureOf(collection)).tables.map(({ indexes }) => indexes);
      for (const [options, indexes] of [
        [{ kind: 'hnsw', m: 8 }, 'btree btree hnsw'],
        [{ kind: 'ivfflat', lists: 4, probes: 4 }, 'btree btree ivfflat'],
        [{ kind: 'scan' }, 'btree btree'],
        [{ kind: 'hnsw' }, 'btree btree hnsw'],
      ] as const) {
        await store.index(options);
        expect(await kinds()).toEqual([indexes]);
        expect(await nearest(store, 9, 10)).toEqual(exact);
        expect(await nearest(late, 9, 10)).toEqual(exact);
      }
      await late.refit({ quantizer });
      expect(await kinds()).toEqual(['btree btree hnsw']);
      expect(await nearest(store, 9, 10)).toEqual(exact);
    });
  });
});
