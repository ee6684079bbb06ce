import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { recoverStoreFile, verifyStoreFile } from './recover-file.ts';
import { driver, drivers } from './sqlite-drivers.suite.ts';

const embeddings = new WordEmbeddings();
const words = ['cat', 'dog', 'bird', 'fish', 'horse', 'mouse', 'night', 'noise', 'garden', 'house'];
const random = seededRandom(7);
const word = () => words[Math.floor(random() * words.length)] as string;
const documents = (count: number, first = 0) =>
  Array.from(
    { length: count },
    (_, i) =>
      new Document({
        pageContent: `${word()} ${word()} ${word()} ${first + i}`,
        metadata: { n: first + i, even: (first + i) % 2 === 0 },
        id: `${first + i}`,
      }),
  );

const sqlite = driver;
/** More of them where time is no matter. */
const damages = Number(process.env.BITRYOSHKA_DAMAGES ?? 75);
let folder: string;
let file: string;
const opened: BinaryVectorStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-durable-'));
  file = join(folder, 'store.sqlite');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function openStore(options: Parameters<typeof BinaryVectorStore.open>[2] = {}) {
  const store = await BinaryVectorStore.open(file, embeddings, { driver, ...options });
  opened.push(store);
  return store;
}

const idsOf = (store: BinaryVectorStore) => Array.from(store.entries(), ([id]) => id);
const found = async (store: BinaryVectorStore, query: string, k = 5) =>
  (await store.similaritySearchWithScore(query, k)).map(([{ id }, score]) => [id, score]);

describe('stores in files', () => {
  describe.each(Object.entries(drivers))('a store in a file, by %s', (_, each) => {
    it('is there again when it is opened again, whatever it was then', async () => {
      for (const index of ['exact', 'scan', 'graph'] as const) {
        const store = await openStore({ index, driver: each });
        await store.addDocuments(documents(300, 300 * ['exact', 'scan', 'graph'].indexOf(index)));
        await store.delete({ ids: ['7', '8'] });
        await store.settled();
        const expected = [await found(store, 'cat night'), idsOf(store), store.stats()];
        await store.close();
        const again = await openStore({ driver: each });
        expect([await found(again, 'cat night'), idsOf(again), again.stats()]).toEqual(expected);
        await again.close();
      }
    });

    it('is seen by others as it changes, through codes and a graph', async () => {
      const store = await openStore({ index: 'graph', driver: each });
      await store.addDocuments(documents(30));
      const reader = await openStore({ readOnly: true, driver: each });
      expect(idsOf(reader)).toEqual(idsOf(store));
      for (let step = 0; step < 12; step++) {
        await store.addDocuments(documents(20, 20 * step + 25));
        await store.delete({ ids: [`${3 * step}`, `${20 * step + 27}`] });
        if (step % 3 === 0) await store.settled();
        expect(await found(reader, 'dog house', 8)).toEqual(await found(store, 'dog house', 8));
        const query = { even: true };
        const [ours, theirs] = await Promise.all(
          [store, reader].map((each2) => each2.similaritySearch('bird', 300, query)),
        );
        expect(new Set(theirs?.map(({ id }) => id))).toEqual(new Set(ours?.map(({ id }) => id)));
      }
      expect(reader.stats().index).toBe('graph');
      await expect(reader.addDocuments(documents(1))).rejects.toMatchObject({
        code: 'not-supported',
      });
      expect(await reader.getByIds(['40'])).toHaveLength(1);
    });
  });

  it('has one writer at a time', async () => {
    const store = await openStore();
    await expect(openStore()).rejects.toThrow(/another store writes/);
    await store.close();
    await openStore();
  });

  it('goes back when an addition fails, and goes on', async () => {
    const store = await openStore({ index: 'scan' });
    await store.addDocuments(documents(200));
    await store.settled();
    const before = [await found(store, 'cat'), idsOf(store)];
    const controller = new AbortController();
    const aborted = store.addDocuments(documents(500, 100), {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === 'add') controller.abort(new Error('enough'));
      },
    });
    await expect(aborted).rejects.toThrow('enough');
    const bad = documents(3, 500);
    await expect(store.addVectors([[1], [2], [3]], bad)).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    expect([await found(store, 'cat'), idsOf(store)]).toEqual(before);
    await store.addDocuments(documents(20, 700));
    await store.settled();
    const after = [await found(store, 'cat'), idsOf(store)];
    await store.close();
    const again = await openStore();
    expect([await found(again, 'cat'), idsOf(again)]).toEqual(after);
  });

  it('keeps what SQLite does not: halves of pairs, zeros, dates, bigints', async () => {
    const store = await openStore();
    const odd = new Document({
      pageContent: 'cat \ud83d and \0 end',
      metadata: { at: new Date(5), big: 2n ** 70n, nothing: undefined, text: '\udc00' },
      id: '\ud83d\0id',
    });
    await store.addDocuments([odd]);
    await store.close();
    const again = await openStore();
    expect(await again.getByIds(['\ud83d\0id'])).toEqual([odd]);
    expect((await again.similaritySearch('cat', 1))[0]).toEqual(odd);
  });

  it('refuses what is no file of a store, and says why', async () => {
    await writeFile(
      file,
      'text that is long enough to be no database of SQLite at all '.repeat(20),
    );
    await expect(openStore()).rejects.toMatchObject({ code: 'invalid-file' });
    file = join(folder, 'other.sqlite');
    const other = sqlite(file);
    other.exec('CREATE TABLE t (a)');
    other.close();
    await expect(openStore()).rejects.toThrow(/another program/);
    file = join(folder, 'none.sqlite');
    await expect(openStore({ readOnly: true })).rejects.toMatchObject({ code: 'file-not-found' });
    expect(existsSync(file)).toBe(false);
    file = join(folder, 'no/such/folder.sqlite');
    await expect(openStore()).rejects.toMatchObject({ code: 'write-failed' });
    file = join(folder, 'newer.sqlite');
    await (await openStore()).close();
    const newer = sqlite(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(openStore()).rejects.toMatchObject({ code: 'unsupported-version' });
    file = join(folder, 'options.sqlite');
    for (const options of [{ durability: 'some' }, { driver: 5 }, { storage: () => 1 }]) {
      await expect(openStore(options as object)).rejects.toMatchObject({ code: 'invalid-option' });
    }
    const store = await openStore({ storage: 'int8' });
    await store.addDocuments(documents(5));
    await store.close();
    await expect(openStore({ storage: 'float16' })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    expect((await openStore()).stats().vectorBytes).toBe(5 * 36);
  });

  it.each([
    ['int4', '6779843bf19996566ad59776b9b897634b140400', 20],
    ['int2', '0a3b323bac59d659aa490200', 12],
  ] as const)('keeps vectors as %s as it did before (golden)', async (storage, golden, bytes) => {
    const store = await openStore({ storage });
    const vector = Array.from({ length: 29 }, (_, j) => ((j * 7) % 5) - 1.75);
    const other = vector.map((value, j) => value + (j % 3));
    await store.addVectors([vector, other], documents(2));
    const before = await store.similaritySearchVectorWithScore(other, 2);
    expect(before.map(([{ id }, score]) => [id, score])).toEqual([
      ['1', 1],
      ['0', expect.closeTo(0.75, 1)],
    ]);
    await store.close();
    const rows = sqlite(file);
    const [{ vector: kept }] = rows.prepare('SELECT vector FROM vectors').all() as [
      { vector: Uint8Array },
    ];
    rows.close();
    expect(Buffer.from(kept).toString('hex')).toBe(golden);
    const again = await openStore();
    expect(again.stats().vectorBytes).toBe(2 * bytes);
    expect(await again.similaritySearchVectorWithScore(other, 2)).toEqual(before);
  });

  it('is never another after damage: the same documents and answers, or an error', async () => {
    const store = await openStore({ index: 'graph' });
    await store.addDocuments(documents(400));
    await store.settled();
    const queries = ['cat night', 'house', 'mouse fish 3'];
    const answers = async (each: BinaryVectorStore) => [
      await Promise.all(queries.map((query) => found(each, query))),
      Array.from(each.entries()),
    ];
    const expected = await answers(store);
    await store.close();
    const whole = await readFile(file);
    let refused = 0;
    for (let i = 0; i < damages; i++) {
      const damaged = Buffer.from(whole);
      const at = Math.floor(random() * whole.length);
      const length = i % 3 === 0 ? Math.floor(random() * 5000) : 1;
      for (let j = at; j < Math.min(whole.length, at + length); j++) {
        damaged[j] = i % 3 === 0 ? 0 : (damaged[j] as number) ^ (1 << Math.floor(random() * 8));
      }
      for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
      await writeFile(file, damaged);
      let again: BinaryVectorStore | undefined;
      try {
        again = await BinaryVectorStore.open(file, embeddings, { driver });
        expect(await answers(again)).toEqual(expected);
      } catch (cause) {
        expect(cause).toMatchObject({
          code: expect.stringMatching(
            /^(checksum-mismatch|invalid-file|truncated-file|unsupported-version|write-failed)$/,
          ),
        });
        refused++;
      } finally {
        await again?.close();
      }
    }
    expect(refused).toBeGreaterThan(damages / 10);
  }, 600_000);

  it('is verified, and recovered with all that is whole', async () => {
    const store = await openStore({ index: 'graph', hybrid: true });
    await store.addDocuments(documents(400));
    await store.delete({ ids: ['3', '5'] });
    await store.settled();
    const all = new Map(store.entries());
    await store.close();
    expect(await verifyStoreFile(file, { driver })).toEqual({
      isWhole: true,
      problems: [],
      words: 'compared',
      recoverable: { documents: 398, withoutVectors: 0, lost: 0 },
    });
    const whole = await readFile(file);
    for (const [step, at] of [0.3, 0.5, 0.7].entries()) {
      const damaged = Buffer.from(whole);
      const from = Math.floor(at * whole.length);
      damaged.fill(7, from, from + 6000);
      for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
      await writeFile(file, damaged);
      const { isWhole, problems, recoverable } = await verifyStoreFile(file, { driver });
      expect([isWhole, problems.length > 0]).toEqual([false, true]);
      const to = join(folder, `recovered-${step}.sqlite`);
      const recovered = await recoverStoreFile(file, to, { driver, embeddings });
      expect(recovered.documents).toBe(recoverable.documents);
      expect(recovered).toMatchObject({ embedded: recoverable.withoutVectors, leftOut: 0 });
      expect(recovered.documents).toBeGreaterThan(200);
      const again = await BinaryVectorStore.open(to, embeddings, { driver });
      opened.push(again);
      for (const [id, document] of again.entries()) expect(document).toEqual(all.get(id));
      expect(again.stats().count).toBe(recovered.documents);
      await expect(recoverStoreFile(file, to, { driver })).rejects.toMatchObject({
        code: 'invalid-option',
      });
    }
    await expect(verifyStoreFile(join(folder, 'none'), { driver })).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('is verified without what its first change has left when it was not sealed', async () => {
    await (await openStore()).close();
    const database = driver(file);
    database.exec("INSERT INTO documents VALUES (0, 'a', 1, 'cat', '{}', NULL, 0)");
    database.close();
    expect(await verifyStoreFile(file, { driver })).toMatchObject({
      isWhole: true,
      problems: [],
      recoverable: { documents: 0, withoutVectors: 0, lost: 0 },
    });
  });

  it('is verified and recovered after its documents were embedded anew', async () => {
    const store = await openStore();
    await store.addDocuments(documents(60));
    await store.reembed(new WordEmbeddings());
    await store.settled();
    await store.close();
    expect(await verifyStoreFile(file, { driver })).toEqual({
      isWhole: true,
      problems: [],
      words: 'none',
      recoverable: { documents: 60, withoutVectors: 0, lost: 0 },
    });
    const to = join(folder, 'recovered.sqlite');
    expect(await recoverStoreFile(file, to, { driver })).toEqual({
      documents: 60,
      embedded: 0,
      leftOut: 0,
    });
  });

  it('is as it was at a moment, copied as it lies', async () => {
    const store = await openStore();
    await store.addDocuments(documents(50));
    const copy = join(folder, 'copy.sqlite');
    for (const end of ['', '-wal']) await copyFile(`${file}${end}`, `${copy}${end}`);
    // A change that was not written to its end.
    await store.addDocuments(documents(50, 50));
    const log = await open(`${file}-wal`);
    const { size } = await log.stat();
    await log.close();
    const half = join(folder, 'half.sqlite');
    await copyFile(file, half);
    await writeFile(`${half}-wal`, (await readFile(`${file}-wal`)).subarray(0, size - 3000));
    const [first, second] = [copy, half].map((each) =>
      BinaryVectorStore.open(each, embeddings, { driver }),
    );
    for (const each of [await first, await second]) {
      if (!each) continue;
      opened.push(each);
      expect(idsOf(each)).toHaveLength(50);
    }
  });
});
