import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@bitryoshka/core/internal';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { checksumOf } from './file-format.ts';
import type { SqliteDriver } from './sqlite-driver.ts';
import { driver } from './sqlite-drivers.suite.ts';

const random = seededRandom(3);
const drawn = (dimensions = 32, shift = 0) =>
  Array.from(
    { length: dimensions },
    (_, j) => random() + random() + random() - 1.5 + (j % 3 === 0 ? shift : 0),
  );
const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    pageContent: `text ${first + i}`,
    metadata: {},
    id: `${first + i}`,
  }));
const scanned = { index: 'scan', quantizer: { kind: 'itq', bits: 32 } } as const;

let folder: string;
let file: string;
const opened: BinaryVectorStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-reader-'));
  file = join(folder, 'store.sqlite');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function open(options: Parameters<typeof BinaryVectorStore.open>[2] = {}) {
  const store = await BinaryVectorStore.open(file, new WordEmbeddings(), { driver, ...options });
  opened.push(store);
  return store;
}

/** Calls back before each query, which fails if that throws. */
function watched(before: (sql: string) => void): SqliteDriver {
  return (path) => {
    const database = driver(path);
    return {
      exec: (sql) => {
        before(sql);
        return database.exec(sql);
      },
      prepare: (sql) => {
        const statement = database.prepare(sql);
        const after = <T>(action: () => T): T => {
          before(sql);
          return action();
        };
        return {
          run: (...values) => after(() => statement.run(...values)),
          get: (...values) => after(() => statement.get(...values)),
          all: (...values) => after(() => statement.all(...values)),
        };
      },
      close: () => database.close(),
    };
  };
}

it.each([
  ['all anew', 'SELECT bytes', true],
  ['all anew', 'FROM removals', true],
  ['all anew', 'FROM runs', true],
  ['what came', 'FROM runs WHERE first = ?', false],
  ['what came', 'FROM removals', false],
])('a reader that fails to read %s (%s) does so with the next search', async (_, query, isAnew) => {
  const store = await open(scanned);
  await store.addVectors(
    documents(400).map(() => drawn()),
    documents(400),
  );
  await store.settled();
  let isBusy = false;
  const reader = await open({
    readOnly: true,
    driver: watched((sql) => {
      if (isBusy && sql.includes(query)) throw new Error('database is locked');
    }),
  });
  const question = drawn();
  await reader.similaritySearchVectorWithScore(question, 1);
  if (isAnew) await store.refit({ keepsBest: false });
  await store.addVectors([drawn()], documents(1, 500));
  await store.delete({ ids: ['1', '2'] });
  await store.settled();
  isBusy = true;
  await expect(reader.similaritySearchVectorWithScore(question, 1)).rejects.toMatchObject({
    code: 'write-failed',
  });
  isBusy = false;
  const answers = await Promise.all(
    [store, reader].map((each) => each.similaritySearchVectorWithScore(question, 500)),
  );
  expect(answers[1]).toEqual(answers[0]);
  expect(reader.stats()).toEqual(store.stats());
});

it('many searches of a reader wait where one of them finds the file to be another', async () => {
  const store = await open(scanned);
  await store.addVectors(
    documents(400).map(() => drawn()),
    documents(400),
  );
  await store.settled();
  await store.close();
  // Another process goes back to exact searches, and to codes.
  const change = () => {
    const database = driver(file);
    const { value } = database.prepare('SELECT value FROM settings').get() as { value: string };
    const settings = JSON.parse(value);
    settings.index.version = 1 - settings.index.version;
    const text = JSON.stringify(settings);
    database.prepare('UPDATE settings SET value = ?, checksum = ?').run(text, checksumOf(text));
    database.close();
  };
  let begun = Number.NEGATIVE_INFINITY;
  const reader = await open({
    readOnly: true,
    driver: watched((sql) => {
      if (sql === 'BEGIN' && ++begun === 5) change();
    }),
  });
  change();
  begun = 0;
  const asked = Array.from({ length: 20 }, () =>
    reader.similaritySearchVectorWithScore(drawn(), 3),
  );
  for (const found of await Promise.all(asked)) expect(found).toHaveLength(3);
  expect(begun).toBeGreaterThan(20);
});

it('a reader takes no codes for those of before, also where there were none in between', async () => {
  const wide = 1536;
  const add = (store: BinaryVectorStore, count: number, first: number, shift: number) =>
    store.addVectors(
      documents(count).map(() => drawn(wide, shift)),
      documents(count, first),
    );
  const store = await open();
  await add(store, 240, 0, 0);
  await store.settled();
  const reader = await open({ readOnly: true });
  await store.delete({ ids: documents(220).map(({ id }) => id) });
  await store.settled();
  expect([store.stats().index, reader.stats().index]).toEqual(['exact', 'scan']);
  // So that runs are merged, and none has codes of before.
  for (let i = 0; i < 30; i++) await add(store, 1, 1000 + i, 3);
  await add(store, 200, 2000, 3);
  await store.settled();
  await reader.similaritySearchVectorWithScore(drawn(wide), 3);
  expect(reader.stats()).toEqual(store.stats());
  expect(reader.quantizer?.save()).toEqual(store.quantizer?.save());
});

it('a reader measures how well it does beside deletions', async () => {
  const store = await open(scanned);
  await store.addVectors(
    documents(1500).map(() => drawn()),
    documents(1500),
  );
  await store.settled();
  const reader = await open({ readOnly: true });
  let deleted: Promise<void> | undefined;
  const ids = documents(1200).map(({ id }) => id);
  const measured = reader.health({
    onProgress: () => {
      deleted ??= store.delete({ ids }).then(() => store.compact());
    },
  });
  expect((await measured).index).toBe('scan');
  await deleted;
});
