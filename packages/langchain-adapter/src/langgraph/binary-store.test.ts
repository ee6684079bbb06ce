import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Embeddings } from '@langchain/core/embeddings';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import type { BaseStore, SearchItem } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recoverStoreFile, verifyStoreFile } from '../durable/recover-file.ts';
import type { SqliteDatabase, SqliteDriver } from '../durable/sqlite-driver.ts';
import { driver, drivers, wasm } from '../durable/sqlite-drivers.suite.ts';
import { StoreFile } from '../durable/store-file.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../testing/index.ts';
import type { BinaryStoreOptions } from './binary-store.ts';
import { BinaryStore } from './binary-store.ts';

const embeddings = new WordEmbeddings();
const opened: { close(): Promise<void> }[] = [];
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-langgraph-'));
  file = join(folder, 'memories.sqlite');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function openStore(options: BinaryStoreOptions = {}): Promise<BinaryStore> {
  const store = await BinaryStore.open(file, { driver, embeddings, fields: ['text'], ...options });
  opened.push(store);
  return store;
}

const keysOf = (items: readonly SearchItem[]) => items.map(({ key }) => key);
const all = (store: BaseStore) => store.search([], { limit: 1000 });

/** Whose next call fails, or waits. */
class UnsureEmbeddings extends Embeddings {
  next: (() => Promise<void>) | undefined;
  asked = 0;

  constructor() {
    super({});
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    this.asked += texts.length;
    const { next } = this;
    this.next = undefined;
    await next?.();
    return embeddings.embedDocuments(texts);
  }

  embedQuery(text: string): Promise<number[]> {
    return embeddings.embedQuery(text);
  }
}

describe('a store of items in a file', () => {
  it.each(Object.entries(drivers))(
    'is there again when it is opened again, by %s',
    async (_, by) => {
      const store = await openStore({ driver: by, index: 'scan' });
      for (let i = 0; i < 30; i++)
        await store.put(['a', `${i % 3}`], `${i}`, { text: `tea ${i}`, i });
      await store.put(['a', '1'], '4', { text: 'whales sing', i: 4 });
      await store.put(['b'], 'plain', { date: new Date(5), none: undefined });
      await store.delete(['a', '0'], '3');
      const ask = async (asked: BaseStore) => [
        await all(asked),
        await asked.search(['a'], { query: 'whales', limit: 3 }),
        await asked.search(['a'], { query: 'tea 9', filter: { i: { $gt: 5 } }, limit: 3 }),
        await asked.listNamespaces(),
        await asked.get(['b'], 'plain'),
      ];
      const before = await ask(store);
      expect(keysOf(before[1] as SearchItem[])[0]).toBe('4');
      expect(before[4]).toMatchObject({ value: { date: new Date(5) } });
      await store.stop();
      await expect(store.get(['b'], 'plain')).rejects.toMatchObject({ code: 'not-supported' });
      await expect(store.put(['b'], 'k', {})).rejects.toMatchObject({ code: 'not-supported' });
      const again = await openStore({ driver: by });
      expect(await ask(again)).toEqual(before);
      // What was deleted gives its number to no other.
      await again.delete(['b'], 'plain');
      await again.put(['b'], 'new', { text: 'sea' });
      expect(keysOf(await again.search(['b'], { query: 'sea' }))).toEqual(['new']);
    },
  );

  it('finds through codes and a graph what it finds without', async () => {
    const store = await openStore({ index: 'graph' });
    const puts = Array.from({ length: 600 }, (_, i) => ({
      namespace: ['user', `${i % 20}`],
      key: `${i}`,
      value: { text: `note ${i} of ${i % 7}`, i },
    }));
    await store.batch(puts);
    await store.settled();
    const found = await store.search(['user', '3'], { query: 'note 123 of 4', limit: 100 });
    expect(found).toHaveLength(30);
    expect(found[0]?.key).toBe('123');
    const most = { query: 'note', limit: Number.MAX_SAFE_INTEGER, offset: 590 };
    expect(await store.search([], most)).toHaveLength(10);
    const filter = { i: { $in: [7, 123, 124] } };
    const some = await store.search(['user'], { query: 'note 123 of 4', filter });
    expect(keysOf(some)).toHaveLength(3);
    expect(some[0]?.key).toBe('123');
  });

  it('makes all changes of a batch, or none', async () => {
    const unsure = new UnsureEmbeddings();
    const store = await openStore({ embeddings: unsure });
    await store.put(['a'], 'k', { text: 'tea' });
    const before = await all(store);
    unsure.next = async () => {
      throw new Error('offline');
    };
    const puts = [
      { namespace: ['a'], key: 'k', value: { text: 'car' } },
      { namespace: ['a'], key: 'l', value: { n: 1 } },
    ];
    await expect(store.batch(puts)).rejects.toThrow('offline');
    expect(await all(store)).toEqual(before);
    const others = new WordEmbeddings(8);
    unsure.embedDocuments = (texts) => others.embedDocuments(texts);
    await expect(store.batch(puts)).rejects.toMatchObject({ code: 'dimension-mismatch' });
    const bad = [...puts, { namespace: ['a'], key: 'm', value: { map: new Map() } }];
    await expect(store.batch(bad)).rejects.toMatchObject({ code: 'not-supported' });
    expect(await all(store)).toEqual(before);
    expect(keysOf(await store.search(['a'], { query: 'tea' }))).toEqual(['k']);
  });

  it.each([
    ['with a connection to read', driver],
    ['with one connection', wasm],
  ])('is as before or as after a change, wherever writing fails, %s', async (_, by) => {
    let left = Number.POSITIVE_INFINITY;
    const step = () => {
      if (left-- <= 0) throw new Error('disk full');
    };
    const failing: SqliteDriver = Object.assign((path: string) => {
      const database = by(path);
      return {
        exec(sql) {
          // What is undone is undone by the system, too.
          if (!/^(ROLLBACK|PRAGMA)/.test(sql)) step();
          return database.exec(sql);
        },
        prepare(sql) {
          const statement = database.prepare(sql);
          return {
            run(...values) {
              step();
              return statement.run(...values);
            },
            get: (...values) => statement.get(...values),
            all: (...values) => statement.all(...values),
            setReadBigInts: (isEnabled) => statement.setReadBigInts?.(isEnabled),
          };
        },
        close: () => database.close(),
      } satisfies SqliteDatabase;
    }, by);
    const change = [
      { namespace: ['a'], key: 'k', value: { text: 'red car' } },
      { namespace: ['a'], key: 'l', value: null },
      { namespace: ['a'], key: 'm', value: { text: 'blue sky' } },
    ];
    const state = async (store: BaseStore) =>
      JSON.stringify(
        (await store.search(['a'], { query: 'red car' })).map(({ key, value, score = 0 }) => [
          key,
          value.text,
          score > 0.99,
        ]),
      );
    const outcomes = new Set<boolean>();
    for (let allowed = 0; outcomes.size < 2 || !outcomes.has(true); allowed++) {
      file = join(folder, `${allowed}.sqlite`);
      left = Number.POSITIVE_INFINITY;
      const store = await openStore({ driver: failing });
      await store.put(['a'], 'k', { text: 'green tea' });
      await store.put(['a'], 'l', { text: 'mint tea' });
      await store.settled();
      const before = await state(store);
      left = allowed;
      const isMade = await store.batch(change).then(
        () => true,
        () => false,
      );
      left = Number.POSITIVE_INFINITY;
      const after = '[["k","red car",true],["m","blue sky",false]]';
      const seen = await state(store);
      expect([allowed, seen]).toEqual([allowed, isMade ? after : before]);
      await store.close();
      const again = await openStore({ driver: by });
      expect(await state(again)).toBe(seen);
      await again.batch(change);
      expect(await state(again)).toBe(after);
      await again.close();
      outcomes.add(isMade);
    }
  });

  it('changes in the order of asking, however long embedding takes', async () => {
    const unsure = new UnsureEmbeddings();
    const store = await openStore({ embeddings: unsure });
    let release: (() => void) | undefined;
    unsure.next = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const value = { text: 'tea', list: [1] };
    const first = store.put(['a'], 'k', value);
    // It was copied when it was asked for.
    value.list.push(2);
    const second = store.put(['a'], 'k', { text: 'car' });
    const third = store.put(['a'], 'l', value, false);
    expect(await all(store)).toEqual([]);
    release?.();
    await Promise.all([first, second, third]);
    expect((await store.get(['a'], 'k'))?.value).toEqual({ text: 'car' });
    expect((await store.get(['a'], 'l'))?.value).toEqual({ text: 'tea', list: [1, 2] });
    expect(unsure.asked).toBe(2);
  });

  it('gives copies', async () => {
    const store = await openStore();
    await store.put(['a'], 'k', { list: [1] });
    const item = await store.get(['a'], 'k');
    item?.value.list.push(2);
    item?.namespace.push('b');
    expect(await store.get(['a'], 'k')).toMatchObject({ value: { list: [1] }, namespace: ['a'] });
  });

  it('keeps what was embedded when it is opened without embeddings, until that is replaced', async () => {
    const store = await openStore();
    await store.put(['a'], 'k', { text: 'tea' });
    await store.put(['a'], 'l', { text: 'car' });
    await store.close();
    const without = await openStore({ embeddings: undefined });
    expect(keysOf(await without.search(['a'], { query: 'car' }))).toEqual(['k', 'l']);
    await without.put(['a'], 'l', { text: 'sky' });
    await without.close();
    const again = await openStore();
    const found = await again.search(['a'], { query: 'car' });
    expect(found.map(({ key, score }) => [key, score !== undefined])).toEqual([
      ['k', true],
      ['l', false],
    ]);
  });

  it('searches by words as well', async () => {
    const store = await openStore({ hybrid: true });
    await store.put(['a'], 'one', { text: 'error E1234 in the engine' });
    await store.put(['a'], 'two', { text: 'the engine is fine' });
    await store.put(['b'], 'three', { text: 'E1234' });
    expect(keysOf(await store.search(['a'], { query: 'E1234' }))).toEqual(['one', 'two']);
  });

  it('is seen by others as it changes, who change nothing', async () => {
    const store = await openStore();
    await store.put(['a'], 'k', { text: 'tea' });
    const reader = await openStore({ readOnly: true });
    await store.put(['a'], 'l', { text: 'car' });
    await store.delete(['a'], 'k');
    expect(keysOf(await reader.search(['a'], { query: 'car' }))).toEqual(['l']);
    expect(await reader.listNamespaces()).toEqual([['a']]);
    await expect(reader.put(['a'], 'm', { text: 'sea' })).rejects.toMatchObject({
      code: 'not-supported',
    });
    await expect(openStore()).rejects.toMatchObject({ code: 'write-failed' });
  });

  it('takes no file of documents for one of items, nor the other way round', async () => {
    const openDocuments = (readOnly = false) =>
      BinaryVectorStore.open(file, embeddings, { driver, readOnly });
    const documents = await openDocuments();
    await documents.close();
    // Also where there are none yet.
    for (const readOnly of [false, true]) {
      await expect(openStore({ readOnly })).rejects.toThrow(
        /got a file of documents, expected one of items.* Open it with BinaryVectorStore\.open/,
      );
      await expect(openStore({ readOnly })).rejects.toMatchObject({ code: 'invalid-file' });
    }
    // It was let go of.
    await (await openDocuments()).close();
    await rm(file);
    const store = await openStore();
    await store.put(['a'], 'k', { text: 'tea' });
    await store.close();
    for (const readOnly of [false, true]) {
      await expect(openDocuments(readOnly)).rejects.toThrow(
        /got a file of items.*, expected one of documents.* Open it with BinaryStore\.open/,
      );
      await expect(openDocuments(readOnly)).rejects.toMatchObject({ code: 'invalid-file' });
    }
    expect(await (await openStore()).get(['a'], 'k')).not.toBeNull();
  });

  it('tells files of before they said what they are of by what is in them', async () => {
    const forget = () => {
      const storeFile = new StoreFile(file, { driver });
      storeFile.begin();
      storeFile.seal(() => storeFile.set('kind', undefined));
      storeFile.close();
    };
    const openDocuments = () => BinaryVectorStore.open(file, embeddings, { driver });
    await (await openStore()).close();
    forget();
    await expect(openDocuments()).rejects.toMatchObject({ code: 'invalid-file' });
    await (await openStore()).close();
    await rm(file);
    const documents = await openDocuments();
    await documents.addDocuments([{ pageContent: 'tea', metadata: {} }]);
    await documents.close();
    forget();
    await expect(openStore()).rejects.toMatchObject({ code: 'invalid-file' });
    await (await openDocuments()).close();
  });

  it('leaves classes of others the files that their store makes', async () => {
    class Others extends BinaryVectorStore {}
    await (await BinaryVectorStore.open(file, embeddings, { driver })).close();
    await (await Others.open(file, embeddings, { driver })).close();
    await (await BinaryVectorStore.open(file, embeddings, { driver })).close();
  });

  it('is verified and recovered with its items', async () => {
    const store = await openStore({ hybrid: true });
    for (let i = 0; i < 600; i++) {
      await store.put(
        ['a', `${i % 7}`],
        `${i}`,
        { text: `tea ${i}`, i },
        i % 3 ? undefined : false,
      );
    }
    await store.delete(['a', '1'], '1');
    await store.close();
    expect(await verifyStoreFile(file, { driver })).toEqual({
      isWhole: true,
      problems: [],
      words: 'compared',
      recoverable: { documents: 399, items: 599, withoutVectors: 0, lost: 0 },
    });
    const database = driver(file);
    database.exec("UPDATE items SET value = '{}' WHERE key = '7'");
    database.exec("UPDATE documents SET content = 'car' WHERE content = 'tea 10'");
    database.close();
    const { isWhole, problems, recoverable } = await verifyStoreFile(file, { driver });
    expect([isWhole, problems.length]).toEqual([false, 2]);
    expect(recoverable).toMatchObject({ documents: 398, items: 598, lost: 1 });
    const to = join(folder, 'recovered.sqlite');
    expect(await recoverStoreFile(file, to, { driver })).toEqual({
      documents: 397,
      embedded: 0,
      leftOut: 1,
      items: 598,
    });
    file = to;
    const again = await openStore();
    expect(await again.get(['a', '0'], '7')).toBeNull();
    // It has lost its text, but not itself.
    expect((await again.get(['a', '3'], '10'))?.value).toEqual({ text: 'tea 10', i: 10 });
    const ranked = await again.search(['a'], { query: 'tea 11', limit: 1000 });
    expect(ranked).toHaveLength(598);
    expect(ranked[0]?.key).toBe('11');
    await again.put(['b'], 'new', { text: 'whales sing' });
    expect(keysOf(await again.search(['b'], { query: 'whales' }))).toEqual(['new']);
    await again.close();
    expect(await verifyStoreFile(to, { driver })).toMatchObject({ isWhole: true });
  });

  it('says so where an item was damaged', async () => {
    const store = await openStore();
    await store.put(['a'], 'k', { text: 'tea' });
    await store.put(['a'], 'l', { text: 'car' });
    await store.close();
    const database = driver(file);
    database.exec(`UPDATE items SET value = '{"text":"sea"}' WHERE key = 'k'`);
    database.close();
    const again = await openStore();
    await expect(again.get(['a'], 'k')).rejects.toMatchObject({ code: 'checksum-mismatch' });
    await expect(again.search(['a'], { query: 'tea' })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
    expect((await again.get(['a'], 'l'))?.value).toEqual({ text: 'car' });
  });

  it('refuses what cannot be kept or asked', async () => {
    const store = await openStore();
    const put = { namespace: ['a'], key: 'k', value: {} };
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const wrong of [
      { ...put, namespace: 'a' },
      { ...put, namespace: [] },
      { ...put, namespace: ['a', null] },
      { ...put, namespace: ['a', cycle] },
      { ...put, namespace: ['a', 5n] },
      { ...put, key: 5 },
      { ...put, key: undefined },
      { ...put, value: 'text' },
      { ...put, value: undefined },
      { ...put, value: [] },
      { ...put, value: { call: () => 0 } },
      { ...put, value: cycle },
      { ...put, index: true },
      { ...put, index: [1] },
      { namespace: ['a'], key: null },
      { namespacePrefix: 'a' },
      { namespacePrefix: ['a'], limit: -1 },
      { namespacePrefix: ['a'], offset: 0.5 },
      { namespacePrefix: ['a'], query: 5 },
      { namespacePrefix: ['a'], filter: 'x' },
      { namespacePrefix: ['a'], filter: { n: { $where: 'x' } } },
      { namespacePrefix: ['a'], filter: { n: { $in: 'x' } } },
      { matchConditions: 'x' },
      { matchConditions: [{ matchType: 'infix', path: [] }] },
      { matchConditions: [{ matchType: 'prefix', path: 'a' }] },
      { matchConditions: [null] },
      { maxDepth: -1 },
      null,
      'put',
    ]) {
      const code = await store.batch([put, wrong] as never).then(
        () => 'taken',
        (error: { readonly code?: string }) => error.code,
      );
      expect([wrong, code]).toEqual([
        wrong,
        expect.stringMatching(/^(invalid-option|not-supported)$/),
      ]);
    }
    await expect(store.batch('put' as never)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(BinaryStore.open(file, { fields: 'text' as never })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    await expect(openStore({ driver: 5 as never })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    expect(await all(store)).toEqual([]);
  });

  it('does not keep the event loop from other work for long', async () => {
    const store = await openStore({ durability: 'normal' });
    const puts = Array.from({ length: 3000 }, (_, i) => ({
      namespace: ['user', `${i % 100}`],
      key: `${i}`,
      value: { text: `note ${i}`, even: i % 2 === 0 },
    }));
    await store.batch(puts);
    const filter = { even: true };
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const found = await store.search(['user'], { query: 'note 8', filter, limit: 5 });
    clearInterval(timer);
    expect(found[0]?.key).toBe('8');
    expect(turns).toBeGreaterThan(0);
  });
});

describe('a graph of LangGraph', () => {
  it('remembers from one run to the next, and finds by meaning', async () => {
    const state = Annotation.Root({
      user: Annotation<string>,
      said: Annotation<string>,
      recalled: Annotation<string[]>,
    });
    const graphOn = (store: BinaryStore) =>
      new StateGraph(state)
        .addNode('recall', async ({ user, said }, config) => {
          const found = await config.store?.search(['memories', user], { query: said, limit: 1 });
          return { recalled: (found ?? []).map(({ value }) => String(value.text)) };
        })
        .addNode('remember', async ({ user, said }, config) => {
          await config.store?.put(['memories', user], said, { text: said });
          return {};
        })
        .addEdge(START, 'recall')
        .addEdge('recall', 'remember')
        .addEdge('remember', END)
        .compile({ store });
    const say = async (store: BinaryStore, user: string, said: string) =>
      (await graphOn(store).invoke({ user, said, recalled: [] })).recalled;

    const store = await openStore();
    expect(await say(store, 'ada', 'my cat likes fish')).toEqual([]);
    expect(await say(store, 'ada', 'the weather is fine')).toEqual(['my cat likes fish']);
    expect(await say(store, 'bob', 'what likes my cat')).toEqual([]);
    await store.close();
    expect(await say(await openStore(), 'ada', 'what likes my cat')).toEqual(['my cat likes fish']);
  });
});
