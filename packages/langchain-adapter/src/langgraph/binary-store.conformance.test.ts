import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseStore, Operation, SearchItem } from '@langchain/langgraph-checkpoint';
import { InMemoryStore } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { driver, drivers, wasm } from '../durable/sqlite-drivers.suite.ts';
import { WordEmbeddings } from '../testing/index.ts';
import type { BaseStoreIndex } from './base-store.suite.ts';
import { baseStoreSuite } from './base-store.suite.ts';
import { BinaryStore } from './binary-store.ts';

const embeddings = new WordEmbeddings();
const opened: BinaryStore[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-langgraph-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function openStore(index?: BaseStoreIndex, by = driver): Promise<BinaryStore> {
  const store = await BinaryStore.open(join(folder, `${opened.length}.sqlite`), {
    driver: by,
    durability: 'normal',
    ...(index && { embeddings, ...index }),
  });
  opened.push(store);
  return store;
}

async function memoryStore(index?: BaseStoreIndex): Promise<BaseStore> {
  const { dimensions: dims } = embeddings;
  return new InMemoryStore(index && { index: { dims, embeddings, ...index } });
}

describe('InMemoryStore of LangGraph', () => baseStoreSuite(memoryStore));

describe.each(Object.entries({ ...drivers, WebAssembly: wasm }))('BinaryStore, by %s', (_, by) =>
  baseStoreSuite((index) => openStore(index, by)),
);

/** Namespaces of which none comes before one that is made earlier: so both stores list them in the same order. */
const namespaces = [['a'], ['a', 'x'], ['a', 'y'], ['b', 'x']];
const words = ['tea', 'car', 'sky', 'sea', 'tree'];
const word = fc.constantFrom(...words);
const namespace = fc.constantFrom(...namespaces);
const key = fc.constantFrom('k', 'l', 'm', 'n');
const prefix = fc.constantFrom<string[][]>([], ['a'], ['a', 'x'], ['b'], ['z']);
const value = fc.record({
  text: fc.array(word, { minLength: 1, maxLength: 4 }).map((some) => some.join(' ')),
  n: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null), fc.constantFrom('1', 'x')),
});
const filter: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.constant({}),
  fc.record({
    n: fc.oneof(
      fc.constantFrom(1, null, 'x'),
      fc.dictionary(fc.constantFrom('$eq', '$ne', '$gt', '$lte'), fc.integer({ min: 0, max: 3 })),
      fc.record({ $in: fc.array(fc.constantFrom(1, 2, null, 'x')) }),
    ),
  }),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ namespace, key, value }) },
  fc.record({ namespace, key, value: fc.constant(null) }),
  fc.record({ namespace, key }),
  fc.record({ namespacePrefix: prefix, filter, limit: fc.nat(5), offset: fc.nat(3) }),
  fc.record({ namespacePrefix: prefix, filter, query: word, limit: fc.constant(100) }),
);

/** Equal scores have no order, and those of floats differ a little. */
function comparable(operation: Operation, result: unknown): unknown {
  const strip = ({ namespace, key, value, score }: SearchItem) => ({
    namespace,
    key,
    value,
    score: score === undefined ? null : Math.round(score * 1e4) + 0,
  });
  if ('namespacePrefix' in operation) {
    const items = (result as SearchItem[]).map(strip);
    const sorted = items.map((item) => JSON.stringify(item)).sort();
    return 'query' in operation ? [items.map(({ score }) => score), sorted] : items;
  }
  return result && strip(result as SearchItem);
}

/** The store in memory hands out its own item, which a put of the same batch changes. */
function isLive(operation: Operation, batch: readonly Operation[]): boolean {
  const nameOf = (each: Operation) => 'key' in each && JSON.stringify([each.namespace, each.key]);
  const isGet = 'key' in operation && !('value' in operation);
  return isGet && batch.some((each) => 'value' in each && nameOf(each) === nameOf(operation));
}

describe('BinaryStore beside InMemoryStore', () => {
  it('answers the same to any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(operation, { maxLength: 6 }), { maxLength: 8 }),
        async (batches) => {
          const [ours, theirs] = [
            await openStore({ fields: ['text'] }),
            await memoryStore({ fields: ['text'] }),
          ];
          for (const store of [ours, theirs]) {
            for (const each of namespaces) {
              await store.put(each, 'first', { text: 'tea', n: 0 });
              await store.delete(each, 'first');
            }
          }
          for (const batch of batches) {
            const answers = [await ours.batch(batch), await theirs.batch(batch)];
            const [our, their] = answers.map((results) =>
              batch.map((each, i) => (isLive(each, batch) ? null : comparable(each, results[i]))),
            );
            expect(our).toEqual(their);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pages through all once, and forgets vectors and namespaces that are gone', async () => {
    const store = await openStore({ fields: ['text'] });
    for (let i = 0; i < 6; i++)
      await store.put(['a'], `${i}`, { text: `tea ${i}` }, i > 2 ? false : undefined);
    const pages: string[] = [];
    for (let offset = 0; offset < 8; offset += 2) {
      const page = await store.search(['a'], { query: 'tea 1', offset, limit: 2 });
      pages.push(...page.map((item) => item.key));
    }
    expect(pages).toEqual(['1', ...pages.slice(1, 3), '3', '4', '5']);
    expect(new Set(pages).size).toBe(6);
    await store.put(['a'], '1', { text: 'tea 1' }, false);
    const [best] = await store.search(['a'], { query: 'tea 1' });
    expect(['0', '2']).toContain(best?.key);
    await store.put(['z'], 'k', { text: 'tea' });
    await store.delete(['z'], 'k');
    expect(await store.listNamespaces()).toEqual([['a']]);
  });
});
