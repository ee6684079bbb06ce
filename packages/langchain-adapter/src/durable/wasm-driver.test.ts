import { randomUUID } from 'node:crypto';
import { Document } from '@langchain/core/documents';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { compareWithModel, modelDimensions, modelOptions } from '../store/store-model.suite.ts';
import type { OpenOptions } from '../store/store-options.ts';
import { vectorStoreSuite, WordEmbeddings } from '../store/vector-store.suite.ts';
import { recoverStoreFile, verifyStoreFile } from './recover-file.ts';
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.ts';
import { wasm } from './sqlite-drivers.suite.ts';
import { StoreFile } from './store-file.ts';

/** More of them where time is no matter. */
const numRuns = Number(process.env.BITRYOSHKA_RUNS ?? 6);
const files = new WeakMap<object, string>();

async function openFile(
  file: string,
  embeddings: BinaryVectorStore['embeddings'],
  options: OpenOptions = {},
) {
  const store = await BinaryVectorStore.open(file, embeddings, { driver: wasm, ...options });
  files.set(store, file);
  return store;
}

async function renew(store: BinaryVectorStore, options?: OpenOptions): Promise<BinaryVectorStore> {
  await store.close();
  return openFile(files.get(store) as string, store.embeddings, options);
}

/** As where there can be no log. */
const withJournal: SqliteDriver = Object.assign((file: string) => {
  const database = wasm(file);
  const exec = (sql: string) => sql.includes('journal_mode') || database.exec(sql);
  return { ...database, exec };
}, wasm);

describe.each([
  ['exact', { index: 'exact' }],
  ['auto', {}],
  ['hybrid', { hybrid: true }],
  ['with a journal', { driver: withJournal, index: 'exact' }],
] as const)('a store in a file by WebAssembly, %s', (name, options) =>
  vectorStoreSuite((embeddings) => openFile(randomUUID(), embeddings, options), {
    reload: (store) => renew(store),
    isHybrid: name === 'hybrid',
  }),
);

it(
  'finds what a naive store finds, opened again, whatever happened before',
  () =>
    compareWithModel({
      create: () => {
        const { storage: _, bits: _bits, similarity: _similarity, ...options } = modelOptions;
        return openFile(randomUUID(), new WordEmbeddings(modelDimensions), options);
      },
      renew: (store) => renew(store),
      numRuns,
    }),
  600_000,
);

describe('a driver by WebAssembly', () => {
  const open = () => wasm(randomUUID());

  it('keeps values', () => {
    const database = open();
    database.exec('CREATE TABLE t (value)');
    const values = [
      null,
      '',
      'é 日本 😀',
      0,
      -1.5,
      2 ** 40,
      Number.MIN_SAFE_INTEGER,
      new Uint8Array(0),
      Uint8Array.of(1, 2, 3, 4).subarray(1, 3),
    ];
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    for (const value of values) insert.run(value);
    const rows = database.prepare('SELECT value FROM t').all() as { value: unknown }[];
    expect(rows.map(({ value }) => value)).toEqual(values);
    const one = database.prepare('SELECT value FROM t WHERE rowid = ?');
    expect([one.get(6), one.get(99)]).toEqual([{ value: 2 ** 40 }, undefined]);
    database.close();
    expect(() => one.get(1)).toThrow();
  });

  it('refuses integers that are no numbers, and goes on', () => {
    const database = open();
    const big = database.prepare('SELECT 9007199254740993 + ? AS big');
    expect(() => big.get(0)).toThrow(/big: got 9007199254740993/);
    expect(() => big.all(0)).toThrow(/big: got 9007199254740993/);
    expect(big.get(-9007199254740990)).toEqual({ big: 3 });
    const wrong = database.prepare("SELECT json('{' || ?)");
    expect(() => wrong.get('')).toThrow(/malformed/);
    expect(wrong.get('}')).toBeDefined();
    database.close();
  });

  it('opens a file once at a time, and to write', async () => {
    const file = randomUUID();
    await expect(openFile(file, new WordEmbeddings(), { readOnly: true })).rejects.toMatchObject({
      code: 'not-supported',
    });
    expect(wasm.exists?.(file)).toBe(false);
    const store = await openFile(file, new WordEmbeddings());
    expect(wasm.exists?.(file)).toBe(true);
    await expect(openFile(file, new WordEmbeddings())).rejects.toMatchObject({
      code: 'write-failed',
    });
    await expect(verifyStoreFile(file, { driver: wasm })).rejects.toMatchObject({
      code: 'write-failed',
    });
    await renew(store);
  });

  it.each([
    ['a log', wasm, 'wal'],
    ['a journal', withJournal, 'delete'],
  ])('writes with %s', (_, driver, mode) => {
    const file = new StoreFile(randomUUID(), { driver });
    expect(file.get('PRAGMA journal_mode')).toEqual({ journal_mode: mode });
    file.close();
  });

  it('finds no rows of an addition that goes on, and forgets those of one that fails', async () => {
    let connection: SqliteDatabase | undefined;
    const driver: SqliteDriver = Object.assign((file: string) => {
      connection = wasm(file);
      return connection;
    }, wasm);
    const store = await openFile(randomUUID(), new WordEmbeddings(), { driver, hybrid: true });
    const documents = (count: number, word: string, first: number) =>
      Array.from(
        { length: count },
        (_, i) => new Document({ pageContent: `${word} ${first + i}`, id: `${first + i}` }),
      );
    await store.addDocuments(documents(50, 'cat', 0));
    const controller = new AbortController();
    let [isOver, looks] = [false, 0];
    const added = store
      .addDocuments(documents(3000, 'bird', 40), {
        signal: controller.signal,
      })
      .finally(() => {
        isOver = true;
      });
    const expectAborted = expect(added).rejects.toThrow('enough');
    const look = async () => {
      const found = await store.similaritySearch('bird', 100);
      expect(found.map(({ pageContent }) => pageContent.split(' ')[0])).not.toContain('bird');
      expect(Array.from(store.entries())).toHaveLength(50);
      expect(await store.getByIds(['60'])).toEqual([]);
    };
    while (!isOver) {
      await look();
      const written = connection?.prepare('SELECT count(*) AS count FROM documents').get();
      if ((written as { count: number }).count > 50 && ++looks === 5) {
        controller.abort(new Error('enough'));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expectAborted;
    await look();
    const again = await renew(store);
    expect(Array.from(again.entries())).toHaveLength(50);
    await again.addDocuments(documents(20, 'bird', 40));
    expect((await again.similaritySearch('bird', 3))[0]?.pageContent).toMatch(/^bird/);
    await again.close();
  });

  it('verifies and recovers its files', async () => {
    const file = randomUUID();
    const store = await openFile(file, new WordEmbeddings());
    await store.addDocuments([new Document({ pageContent: 'cat' })]);
    await store.close();
    const whole = { documents: 1, withoutVectors: 0, lost: 0 };
    expect(await verifyStoreFile(file, { driver: wasm })).toMatchObject({
      isWhole: true,
      problems: [],
      recoverable: whole,
    });
    const to = randomUUID();
    expect(await recoverStoreFile(file, to, { driver: wasm })).toMatchObject({ documents: 1 });
    await expect(recoverStoreFile(file, to, { driver: wasm })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    await expect(verifyStoreFile(randomUUID(), { driver: wasm })).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});
