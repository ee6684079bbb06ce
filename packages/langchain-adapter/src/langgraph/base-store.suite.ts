import type { BaseStore, Operation, SearchItem } from '@langchain/langgraph-checkpoint';
import { beforeEach, describe, expect, it } from 'vitest';

/** How a store embeds: `fields` as LangGraph's stores take them, or nothing at all. */
export interface BaseStoreIndex {
  readonly fields?: string[];
}

const keysOf = (items: readonly SearchItem[]) => items.map(({ key }) => key);

/** What LangGraph expects of its stores, by what its own store in memory does. */
export function baseStoreSuite(open: (index?: BaseStoreIndex) => Promise<BaseStore>): void {
  describe('without embeddings', () => {
    let store: BaseStore;
    beforeEach(async () => {
      store = await open();
    });

    it('gets what was put, and null for what was not', async () => {
      const value = { text: 'tea', list: [1, { deep: null }], flag: false };
      await store.put(['users', 'ada'], 'drink', value);
      const item = await store.get(['users', 'ada'], 'drink');
      expect(item).toMatchObject({ namespace: ['users', 'ada'], key: 'drink', value });
      expect(item?.createdAt).toBeInstanceOf(Date);
      expect(item?.updatedAt).toEqual(item?.createdAt);
      expect(await store.get(['users', 'ada'], 'food')).toBeNull();
      expect(await store.get(['users'], 'drink')).toBeNull();
    });

    it('replaces values, keeps when an item was made, and says when it was changed', async () => {
      await store.put(['a'], 'k', { n: 1, gone: true });
      const made = (await store.get(['a'], 'k'))?.createdAt.getTime() as number;
      await new Promise((resolve) => setTimeout(resolve, 5));
      await store.put(['a'], 'k', { n: 2 });
      const item = await store.get(['a'], 'k');
      expect(item?.value).toEqual({ n: 2 });
      expect(item?.createdAt.getTime()).toBe(made);
      expect(item?.updatedAt.getTime()).toBeGreaterThan(made);
      expect(await store.search(['a'])).toHaveLength(1);
    });

    it('deletes, also what is not there', async () => {
      await store.put(['a'], 'k', { n: 1 });
      await store.put(['a'], 'other', { n: 2 });
      await store.delete(['a'], 'k');
      await store.delete(['a'], 'k');
      await store.delete(['nowhere'], 'k');
      expect(await store.get(['a'], 'k')).toBeNull();
      expect(keysOf(await store.search(['a']))).toEqual(['other']);
      await store.put(['a'], 'k', { n: 3 });
      expect(keysOf(await store.search(['a']))).toEqual(['other', 'k']);
    });

    it('tells apart keys and namespaces of odd letters', async () => {
      const labels = ['a', 'a b', 'ä', '名前', '"', '\\', 'a/b', '*', '%', '\ud800', '__proto__'];
      const keys = ['', 'a.b', 'a:b', '"', '\0', '\udc00', '__proto__', 'constructor'];
      for (const label of labels) {
        for (const key of keys) await store.put([label], key, { label, key });
      }
      for (const label of labels) {
        for (const key of keys) {
          expect((await store.get([label], key))?.value).toEqual({ label, key });
        }
        const found = await store.search([label], { limit: 100 });
        expect(keysOf(found)).toEqual(keys);
        expect(found.every(({ namespace }) => namespace[0] === label)).toBe(true);
      }
    });

    it('searches within a namespace and those below it, page by page', async () => {
      for (let i = 0; i < 12; i++) await store.put(['a'], `${i}`, { i });
      await store.put(['a', 'b'], 'below', {});
      await store.put(['ab'], 'beside', {});
      expect(keysOf(await store.search(['a']))).toHaveLength(10);
      expect(keysOf(await store.search(['a'], { limit: 100 }))).toEqual([
        ...Array.from({ length: 12 }, (_, i) => `${i}`),
        'below',
      ]);
      expect(keysOf(await store.search(['a'], { offset: 4, limit: 3 }))).toEqual(['4', '5', '6']);
      expect(keysOf(await store.search(['a'], { offset: 12 }))).toEqual(['below']);
      expect(await store.search(['a'], { offset: 13 })).toEqual([]);
      expect(await store.search(['a'], { limit: 0 })).toEqual([]);
      expect(await store.search([], { limit: 100 })).toHaveLength(14);
      expect(await store.search(['b'])).toEqual([]);
    });

    it('filters by fields', async () => {
      const values = [
        { n: 1, color: 'red', tags: ['x'] },
        { n: 2, color: 'blue', text: '3' },
        { n: -3.5, color: null },
        { n: '4', color: 'red' },
        { color: 'green' },
        { n: null },
        { n: true },
      ];
      for (const [i, value] of values.entries()) await store.put(['v'], `${i}`, value);
      const filters: [Record<string, unknown>, string[]][] = [
        [{}, ['0', '1', '2', '3', '4', '5', '6']],
        [{ color: 'red' }, ['0', '3']],
        [{ color: 'red', n: 1 }, ['0']],
        [{ color: null }, ['2']],
        [{ color: undefined }, ['5', '6']],
        [{ n: {} }, ['0', '1', '2', '3', '4', '5', '6']],
        [{ n: { $eq: 2 } }, ['1']],
        [{ n: { $ne: 2 } }, ['0', '2', '3', '4', '5', '6']],
        [{ n: { $gt: 1 } }, ['1', '3']],
        [{ n: { $gte: 1 } }, ['0', '1', '3', '6']],
        [{ n: { $lt: 1 } }, ['2', '5']],
        [{ n: { $lte: '1' } }, ['0', '2', '5', '6']],
        [{ n: { $gt: 0, $lt: 3 } }, ['0', '1', '6']],
        [{ text: { $gt: 2 } }, ['1']],
        [{ color: { $in: ['blue', null] } }, ['1', '2']],
        [{ color: { $nin: ['blue', null] } }, ['0', '3', '4', '5', '6']],
        [{ color: { $in: [] } }, []],
        [{ missing: 'x' }, []],
        [{ constructor: 'x' }, []],
      ];
      for (const [filter, expected] of filters) {
        const found = await store.search(['v'], { filter });
        expect([filter, keysOf(found)]).toEqual([filter, expected]);
      }
      const paged = await store.search(['v'], { filter: { n: { $gte: 1 } }, offset: 1, limit: 2 });
      expect(keysOf(paged)).toEqual(['1', '3']);
    });

    it('lists namespaces', async () => {
      for (const namespace of [
        ['b', 'x', 'v1'],
        ['a', 'x', 'v1'],
        ['a', 'y', 'v2'],
        ['a'],
        ['c', 'y', 'z', 'v1'],
        ['a', 'x'],
      ]) {
        await store.put(namespace, 'k', {});
        await store.put(namespace, 'l', {});
      }
      const list = async (options?: Parameters<BaseStore['listNamespaces']>[0]) =>
        (await store.listNamespaces(options)).map((labels) => labels.join('/'));
      const all = ['a', 'a/x', 'a/x/v1', 'a/y/v2', 'b/x/v1', 'c/y/z/v1'];
      expect(await list()).toEqual(all);
      expect(await list({ prefix: ['a'] })).toEqual(all.slice(0, 4));
      expect(await list({ prefix: ['a', 'x'] })).toEqual(['a/x', 'a/x/v1']);
      expect(await list({ prefix: [] })).toEqual(all);
      expect(await list({ prefix: ['*', 'y'] })).toEqual(['a/y/v2', 'c/y/z/v1']);
      expect(await list({ suffix: ['v1'] })).toEqual(['a/x/v1', 'b/x/v1', 'c/y/z/v1']);
      expect(await list({ suffix: ['x', '*'] })).toEqual(['a/x/v1', 'b/x/v1']);
      expect(await list({ prefix: ['a'], suffix: ['v1'] })).toEqual(['a/x/v1']);
      expect(await list({ maxDepth: 1 })).toEqual(['a', 'b', 'c']);
      expect(await list({ maxDepth: 2, prefix: ['a'] })).toEqual(['a', 'a/x', 'a/y']);
      expect(await list({ limit: 2, offset: 3 })).toEqual(['a/y/v2', 'b/x/v1']);
      expect(await list({ prefix: ['z'] })).toEqual([]);
    });

    it('answers a batch from before its changes, in the order of operations', async () => {
      await store.put(['a'], 'old', { n: 0 });
      const operations: Operation[] = [
        { namespace: ['a'], key: 'new', value: { n: 1 } },
        { namespace: ['a'], key: 'new' },
        { namespacePrefix: ['a'] },
        { namespace: ['a'], key: 'old', value: null },
        { namespace: ['a'], key: 'old' },
        { matchConditions: [], limit: 10, offset: 0 },
        { namespace: ['a'], key: 'new', value: { n: 2 } },
        { namespace: ['b'], key: 'gone', value: { n: 3 } },
        { namespace: ['b'], key: 'gone', value: null },
      ];
      const [first, second, third, fourth, fifth, sixth, ...others] = await store.batch(operations);
      expect([first, second, fourth, ...others]).toEqual([null, null, null, null, null, null]);
      expect(keysOf(third as SearchItem[])).toEqual(['old']);
      expect(fifth).toMatchObject({ key: 'old', value: { n: 0 } });
      expect(sixth).toEqual([['a']]);
      expect((await store.get(['a'], 'new'))?.value).toEqual({ n: 2 });
      expect(keysOf(await store.search([]))).toEqual(['new']);
      expect(await store.batch([])).toEqual([]);
    });

    it('puts in the order in which it was asked to', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => store.put(['a'], 'k', { n })));
      expect((await store.get(['a'], 'k'))?.value).toEqual({ n: 19 });
    });

    it('ranks nothing by a query', async () => {
      await store.put(['a'], 'k', { text: 'tea' });
      const [item] = await store.search(['a'], { query: 'tea' });
      expect(item?.key).toBe('k');
      expect(item?.score).toBeUndefined();
    });

    it('refuses namespaces that LangGraph does not take', async () => {
      for (const namespace of [[], [''], ['a.b'], ['a:b'], ['a\0'], ['langgraph'], [1 as never]]) {
        await expect(store.put(namespace, 'k', {})).rejects.toThrow();
      }
      for (const namespace of [[''], ['a:b'], [1 as never]]) {
        const refused = store.batch([{ namespace, key: 'k', value: {} }]);
        await expect(refused).rejects.toThrow();
        await expect(store.search(namespace)).rejects.toThrow();
        await expect(store.get(namespace, 'k')).rejects.toThrow();
      }
      expect(await store.search([])).toEqual([]);
    });
  });

  describe('with embeddings', () => {
    it('finds by meaning, best first, and then what has no vectors', async () => {
      const store = await open({});
      await store.put(['a'], 'tea', { text: 'green tea with lemon' });
      await store.put(['a'], 'car', { text: 'a fast red car' });
      await store.put(['a'], 'secret', { text: 'green tea with lemon' }, false);
      await store.put(['a', 'b'], 'mint', { text: 'mint tea' });
      await store.put(['b'], 'beside', { text: 'green tea with lemon' });
      const found = await store.search(['a'], { query: 'green tea lemon' });
      expect(keysOf(found)).toEqual(['tea', 'mint', 'car', 'secret']);
      expect(found[0]?.score).toBeGreaterThan(found[1]?.score as number);
      expect(found[3]?.score).toBeUndefined();
      expect(keysOf(await store.search(['a'], { query: 'green tea lemon', limit: 1 }))).toEqual([
        'tea',
      ]);
      const second = await store.search(['a'], { query: 'green tea lemon', offset: 1, limit: 1 });
      expect(keysOf(second)).toEqual(['mint']);
      expect(await store.search(['a'], { query: '', limit: 10 })).toHaveLength(4);
      expect(await store.search([], { query: 'tea', limit: 10 })).toHaveLength(5);
    });

    it('filters what it finds', async () => {
      const store = await open({ fields: ['text'] });
      for (let i = 0; i < 40; i++) {
        await store.put(['a', `${i % 2}`], `${i}`, { text: `tea number ${i}`, third: i % 3 });
      }
      const query = 'tea number 7';
      const found = await store.search(['a', '1'], { query, filter: { third: 1 }, limit: 3 });
      expect(found[0]?.key).toBe('7');
      expect(found).toHaveLength(3);
      for (const { value, namespace } of found) {
        expect([value.third, namespace]).toEqual([1, ['a', '1']]);
      }
      const all = await store.search(['a', '1'], { query, filter: { third: 1 }, limit: 100 });
      expect(all).toHaveLength(7);
      expect(await store.search(['a'], { query, filter: { third: 5 } })).toEqual([]);
    });

    it('embeds the fields that are named, each alone, and finds an item once', async () => {
      const store = await open({ fields: ['title', 'parts[*].text'] });
      await store.put(['a'], 'many', {
        title: 'garden',
        parts: [{ text: 'red roses' }, { text: 'old trees' }, { other: 'sea' }],
        note: 'whales',
      });
      await store.put(['a'], 'one', { title: 'harbour' });
      await store.put(['a'], 'own', { title: 'harbour', note: 'whales' }, ['note']);
      await store.put(['a'], 'none', { note: 'whales' });
      for (const query of ['garden', 'red roses', 'old trees']) {
        const found = await store.search(['a'], { query });
        expect(keysOf(found)).toHaveLength(4);
        expect(found[0]?.key).toBe('many');
        expect(found[0]?.score).toBeCloseTo(1, 5);
      }
      const [best, ...others] = await store.search(['a'], { query: 'whales' });
      expect(best?.key).toBe('own');
      expect(best?.score).toBeCloseTo(1, 5);
      for (const { score = 0 } of others) expect(score).toBeLessThan(0.9);
    });

    it('finds by what a value is now', async () => {
      const store = await open({ fields: ['text'] });
      await store.put(['a'], 'k', { text: 'red car' });
      await store.put(['a'], 'l', { text: 'blue sky' });
      await store.put(['a'], 'k', { text: 'green tea' });
      expect(keysOf(await store.search(['a'], { query: 'green tea' }))).toEqual(['k', 'l']);
      await store.delete(['a'], 'k');
      expect(keysOf(await store.search(['a'], { query: 'green tea' }))).toEqual(['l']);
    });
  });
}
