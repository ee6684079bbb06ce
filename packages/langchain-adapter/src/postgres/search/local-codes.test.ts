import { randomUUID } from 'node:crypto';
import type { Matrix } from '@bitryoshka/core';
import { fitQuantizer } from '@bitryoshka/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { synthetic } from '../../store/synthetic-topic.suite.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import { codeColumns, parseCodes } from '../collection/pg-values.ts';
import { faulty } from '../database/faulty-pool.suite.ts';
import type { PgPool } from '../database/pg-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore, partsOf } from '../pg-vector-store.ts';

const columns = 24;
const vectors = synthetic(3, 2600, columns);
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
/** Bytes that a code takes, and once more for the scan. */
const perCode = 6;
const embeddings = new WordEmbeddings(columns);
const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    pageContent: `text ${first + i}`,
    metadata: { even: (first + i) % 2 === 0 },
    id: `${first + i}`,
  }));
const part = (start: number, end: number): Matrix => ({
  rows: end - start,
  columns,
  data: vectors.data.slice(start * columns, end * columns),
});
const vectorOf = (i: number) => vectors.data.slice(i * columns, (i + 1) * columns);

describe('codes as a server sends them', () => {
  const hexBytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
  /** As `bit_send` does. */
  const sent = (literals: readonly string[]) =>
    Uint8Array.from(
      literals.flatMap((literal) => {
        const bytes = literal.match(/.{1,8}/g) ?? [];
        return [
          0,
          0,
          0,
          literal.length,
          ...bytes.map((bits) => Number(`0b${bits.padEnd(8, '0')}`)),
        ];
      }),
    );

  it.each([
    { name: 'one part', recipe: { kind: 'itq', bits: 20 } as const },
    { name: 'two parts', recipe: { kind: 'residual', bits: 48, firstBits: 16 } as const },
  ])('are those that were written, of $name', async ({ recipe }) => {
    const fitted = await fitQuantizer(part(0, 600), recipe);
    const codes = fitted.encode(part(600, 640), 'document');
    const { code, tail } = codeColumns(codes, fitted.decoder);
    const tails = tail.every((each) => each !== null)
      ? hexBytes(tail.map((each) => each?.slice(2)).join(''))
      : null;
    expect(parseCodes(fitted, { count: 40, codes: sent(code), tails })).toEqual(codes);
  });
});

describeDatabases((database) => {
  let opened: OpenDatabase;
  let pool: PgPool;
  beforeAll(async () => {
    opened = await database.open();
    pool = opened.pool;
  });
  afterAll(() => opened?.stop());

  // As far as there is anything, so that all ways find the same.
  const depth = { candidates: 3000, rerank: 3000 };
  const open = (collection: string, options: PgStoreOptions = {}) =>
    PgBinaryVectorStore.open(embeddings, { pool, collection, depth, ...options });

  /** A collection with codes, a client that holds them, and one that does not. */
  async function filled(count = 600, options: PgStoreOptions = {}) {
    const collection = randomUUID();
    const other = await open(collection, options);
    await other.addVectors(part(0, count), documents(count));
    await other.refit({ quantizer });
    const asked: string[] = [];
    const local = await open(collection, {
      ...options,
      localCodes: true,
      pool: faulty(pool, {
        before: (text) => {
          asked.push(text);
          return undefined;
        },
      }),
    });
    /** Whether its last search compared codes on the server. */
    const isByServer = () =>
      asked.findLast((text) => text.includes('AS score'))?.includes('<~>') ?? false;
    return { collection, other, local, isByServer, asked };
  }
  const bytesOf = (store: PgBinaryVectorStore) => partsOf(store).local?.bytes;
  const until = (happens: () => unknown) => vi.waitFor(happens, { timeout: 20_000 });
  const idsNear = async (store: PgBinaryVectorStore, i: number, k = 5) =>
    (await store.similaritySearchVectorWithScore(vectorOf(i), k)).map(([{ id }]) => id);

  describe('codes in the memory of a client', () => {
    it('find what is near, with the scores and documents of the server', async () => {
      const { local, other, isByServer } = await filled();
      for (const i of [3, 77, 1500, 2100]) {
        const found = await local.similaritySearchVectorWithScore(vectorOf(i), 8);
        expect(isByServer()).toBe(false);
        expect(found).toEqual(await other.similaritySearchVectorWithScore(vectorOf(i), 8));
      }
      const { bytes, depth: looked, advice } = await local.health();
      expect(bytes.localCodes).toBe(600 * perCode);
      expect(looked).toEqual({ ...depth, local: depth.rerank });
      expect(advice).toEqual([]);
    });

    it('are searched by words as well, and for variety', async () => {
      const { local, other, isByServer } = await filled(300, { hybrid: true });
      expect(await local.similaritySearchWithScore('text 17', 5)).toEqual(
        await other.similaritySearchWithScore('text 17', 5),
      );
      expect(isByServer()).toBe(false);
      const options = { k: 4, fetchK: 12 };
      expect(await local.maxMarginalRelevanceSearch('text 17', options)).toEqual(
        await other.maxMarginalRelevanceSearch('text 17', options),
      );
    });

    it('leave filters to the server', async () => {
      const { local, other, isByServer } = await filled(300);
      const search = (store: PgBinaryVectorStore) =>
        store.similaritySearchVectorWithScore(vectorOf(9), 6, { even: true });
      expect(await search(local)).toEqual(await search(other));
      expect(isByServer()).toBe(true);
    });

    it('miss nothing that others have added, changed or deleted', async () => {
      const { local, other, isByServer } = await filled();
      await other.addVectors(part(600, 610), documents(10, 600));
      expect((await idsNear(local, 604))[0]).toBe('604');
      await other.addVectors(part(700, 701), documents(1, 5));
      expect((await idsNear(local, 700))[0]).toBe('5');
      expect(await idsNear(local, 5, 20)).toEqual(await idsNear(other, 5, 20));
      await other.delete({ ids: ['604'] });
      expect(await idsNear(local, 604, 20)).toEqual(await idsNear(other, 604, 20));
      expect(isByServer()).toBe(false);
      await local.addVectors(part(604, 605), documents(1, 604));
      expect((await idsNear(local, 604))[0]).toBe('604');
    });

    it('are read when many have changed, and the server answers until then', async () => {
      const { local, other, asked, isByServer } = await filled();
      await other.addVectors(part(600, 1300), documents(700, 600));
      const reads = () => asked.filter((text) => text.includes('string_agg')).length;
      const before = reads();
      expect((await idsNear(local, 1200))[0]).toBe('1200');
      expect(isByServer()).toBe(true);
      await until(async () => {
        expect((await idsNear(local, 1201))[0]).toBe('1201');
        expect(isByServer()).toBe(false);
      });
      expect(reads()).toBe(before + 1);
      expect(bytesOf(local)).toBe(1300 * perCode);
      // Those that were changed are held once.
      await other.addVectors(part(1300, 1400), documents(100, 0));
      expect((await idsNear(local, 1390))[0]).toBe('90');
      await until(() => expect(reads()).toBe(before + 2));
      expect((await idsNear(local, 1390))[0]).toBe('90');
      expect(bytesOf(local)).toBe(1300 * perCode);
    });

    it('are read anew when many are deleted', async () => {
      const { local, other, isByServer } = await filled();
      await other.delete({ filter: { even: true } });
      expect(await idsNear(local, 9, 30)).toEqual(await idsNear(other, 9, 30));
      await until(async () => {
        expect(bytesOf(local)).toBe(300 * perCode);
      });
      expect(await idsNear(local, 9, 30)).toEqual(await idsNear(other, 9, 30));
      await other.delete({ deleteAll: true });
      expect(await idsNear(local, 9)).toEqual([]);
      await other.addVectors(part(0, 20), documents(20));
      expect(await idsNear(local, 9, 20)).toEqual(await idsNear(other, 9, 20));
      expect(isByServer()).toBe(true);
    });

    it('give way to those of a refit, whoever made it', async () => {
      const { local, other, isByServer } = await filled();
      const newer = await fitQuantizer(part(0, 600), { kind: 'itq', bits: 16 });
      await other.refit({ quantizer: newer });
      expect((await idsNear(local, 8))[0]).toBe('8');
      await local.refit({ quantizer });
      expect((await idsNear(local, 8))[0]).toBe('8');
      await until(async () => {
        expect((await idsNear(local, 8))[0]).toBe('8');
        expect(isByServer()).toBe(false);
      });
      expect(bytesOf(local)).toBe(600 * perCode);
    });

    it('come with the first refit of a collection', async () => {
      const collection = randomUUID();
      const local = await open(collection, { localCodes: true });
      expect(await idsNear(local, 8)).toEqual([]);
      await local.addVectors(part(0, 100), documents(100));
      expect((await idsNear(local, 8))[0]).toBe('8');
      await local.refit({ quantizer });
      await until(async () => {
        expect((await idsNear(local, 8))[0]).toBe('8');
        expect(bytesOf(local)).toBe(100 * perCode);
      });
      await local.drop();
      await open(collection);
      expect(await idsNear(await open(collection, { localCodes: true }), 8)).toEqual([]);
    });

    it('are not gone by where transactions are those of another server', async () => {
      const { collection, other, isByServer, local } = await filled();
      const { rows } = await pool.query<{ id: number }>(
        'SELECT id FROM bitryoshka.collections WHERE name = $1',
        [collection],
      );
      await pool.query(
        `UPDATE bitryoshka.codes_${rows[0]?.id}_1 SET changed = '9000000000'::xid8 WHERE row < 20`,
      );
      const restored = await open(collection, { localCodes: true });
      expect(await idsNear(restored, 8)).toEqual(await idsNear(other, 8));
      await restored.refit({ quantizer });
      await until(async () => {
        expect((await idsNear(local, 8))[0]).toBe('8');
        expect(isByServer()).toBe(false);
      });
    });

    it('are read from tables of the first format, which are brought up to date', async () => {
      const { collection } = await filled(200, { schema: 'first' });
      const { rows } = await pool.query<{ id: number }>(
        'SELECT id FROM first.collections WHERE name = $1',
        [collection],
      );
      await pool.query(`ALTER TABLE first.codes_${rows[0]?.id}_1 DROP COLUMN changed`);
      await pool.query('UPDATE first.format SET version = 1');
      const local = await open(collection, { schema: 'first', localCodes: true });
      expect(bytesOf(local)).toBe(200 * perCode);
      const other = await open(collection, { schema: 'first' });
      await other.addVectors(part(700, 701), documents(1, 5));
      expect((await idsNear(local, 700))[0]).toBe('5');
      await other.addVectors(part(200, 260), documents(60, 200));
      await idsNear(local, 250);
      await until(() => expect(bytesOf(local)).toBe(260 * perCode));
      // Those that were there before are the same as ever.
      await expect(local.refit({ quantizer })).resolves.toMatchObject({ isReplaced: true });
    });

    it('that cannot be read leave searches to the server', async () => {
      const { collection, other } = await filled(200);
      let isBroken = false;
      const broken = faulty(pool, {
        before: (text) =>
          isBroken && text.includes('string_agg') ? Promise.reject(new Error('gone')) : undefined,
      });
      const local = await open(collection, { localCodes: true, pool: broken });
      isBroken = true;
      await other.refit({ quantizer: await fitQuantizer(part(0, 200), { kind: 'itq', bits: 8 }) });
      const { rows } = await pool.query('SELECT 1');
      expect(rows).toHaveLength(1);
      expect(await idsNear(local, 8)).toEqual(await idsNear(other, 8));
      await expect(open(collection, { localCodes: true, pool: broken })).rejects.toMatchObject({
        code: 'database-failed',
      });
    });

    it('are asked for by a yes or no', async () => {
      const wrong = { localCodes: 'yes' } as unknown as PgStoreOptions;
      await expect(open(randomUUID(), wrong)).rejects.toMatchObject({ code: 'invalid-option' });
    });

    it('see what a transaction commits that had begun before they were read', async (context) => {
      if (pool.isSingle) context.skip();
      const { collection, other } = await filled(300);
      const { rows } = await pool.query<{ id: number }>(
        'SELECT id FROM bitryoshka.collections WHERE name = $1',
        [collection],
      );
      const table = `bitryoshka.codes_${rows[0]?.id}_1`;
      const writer = await pool.connect();
      await writer.query('BEGIN');
      // As when another client changes a document: its code is written anew.
      await writer.query(
        `UPDATE ${table} SET code = ~code, changed = pg_current_xact_id() WHERE row = 9`,
      );
      const local = await open(collection, { localCodes: true });
      await other.addVectors(part(300, 310), documents(10, 300));
      await writer.query('COMMIT');
      writer.release();
      expect((await idsNear(local, 8))[0]).toBe('8');
      expect((await idsNear(local, 305))[0]).toBe('305');
    });
  });
});
