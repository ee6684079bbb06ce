// What LangChain's own tests ask of its time-weighted retriever, over this store. Time stands still in them: nothing
// of the store may wait for a timer.
import {
  BUFFER_IDX,
  LAST_ACCESSED_AT_KEY,
  TimeWeightedVectorStoreRetriever,
} from '@langchain/classic/retrievers/time_weighted';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const seconds = (time: string) => Math.floor(new Date(`2024-02-01T${time}:00Z`).getTime() / 1000);
const now = seconds('12:30');

beforeAll(() => {
  vi.useFakeTimers();
  vi.setSystemTime(now * 1000);
});
afterAll(() => {
  vi.useRealTimers();
});

/** As the retriever keeps them, the one made last asked for last. */
const memory = (pageContent: string, index: number, made: string) => ({
  pageContent,
  metadata: {
    [BUFFER_IDX]: index,
    [LAST_ACCESSED_AT_KEY]: seconds(made),
    created_at: seconds(made),
  },
});
const remembered = () => [
  memory('early', 0, '09:00'),
  memory('late', 1, '10:00'),
  memory('earliest', 2, '08:00'),
];
const recalled = (pageContent: string, index: number, made: string) => ({
  pageContent,
  metadata: { ...memory(pageContent, index, made).metadata, [LAST_ACCESSED_AT_KEY]: now },
});
const plain = (texts: readonly string[]) =>
  texts.map((pageContent) => ({ pageContent, metadata: {} }));

function create(
  options: Partial<ConstructorParameters<typeof TimeWeightedVectorStoreRetriever>[0]> = {},
) {
  const vectorStore = new BinaryVectorStore(new FakeEmbeddings());
  const retriever = new TimeWeightedVectorStoreRetriever({
    vectorStore,
    memoryStream: [],
    ...options,
  });
  return { vectorStore, retriever };
}

describe('invoke', () => {
  it('refuses documents that were not added by the retriever', async () => {
    const { vectorStore, retriever } = create({ searchKwargs: 2 });
    await vectorStore.addDocuments(plain(['a', 'b', 'c']));
    await expect(retriever.invoke('a')).rejects.toThrow(/missing required metadata/);
  });

  it('returns what was asked for at the same time by similarity', async () => {
    const { retriever } = create({ searchKwargs: 2 });
    await retriever.addDocuments(plain(['a', 'b', 'c']));
    expect(await retriever.invoke('a')).toStrictEqual([
      recalled('a', 0, '12:30'),
      recalled('b', 1, '12:30'),
      recalled('c', 2, '12:30'),
    ]);
  });

  it('returns what says the same by time', async () => {
    const memoryStream = remembered().map((each) => ({ ...each, pageContent: 'same' }));
    const { retriever } = create({ memoryStream });
    await retriever.addDocuments(plain(['same']));
    expect(await retriever.invoke('same')).toStrictEqual([
      recalled('same', 3, '12:30'),
      recalled('same', 1, '10:00'),
      recalled('same', 0, '09:00'),
      recalled('same', 2, '08:00'),
    ]);
  });

  it.each([
    ['returns what says different things by time', {}],
    ['does so when memories fade quicker', { decayRate: 0.5 }],
  ])('%s', async (_, options) => {
    const { retriever } = create({ memoryStream: remembered(), ...options });
    await retriever.addDocuments(plain(['new']));
    expect(await retriever.invoke('what?')).toStrictEqual([
      recalled('new', 3, '12:30'),
      recalled('late', 1, '10:00'),
      recalled('early', 0, '09:00'),
      recalled('earliest', 2, '08:00'),
    ]);
  });

  it('considers k of the memories', async () => {
    const { retriever } = create({ memoryStream: remembered(), k: 3 });
    await retriever.addDocuments(plain(['new']));
    expect(await retriever.invoke('what?')).toStrictEqual([
      recalled('new', 3, '12:30'),
      recalled('late', 1, '10:00'),
      recalled('earliest', 2, '08:00'),
    ]);
  });

  it('considers as many of the store as it is told to', async () => {
    const { retriever } = create({ memoryStream: remembered(), searchKwargs: 2 });
    await retriever.addDocuments(plain(['new', 'newer', 'newest']));
    expect(await retriever.invoke('what?')).toStrictEqual([
      recalled('new', 3, '12:30'),
      recalled('newer', 4, '12:30'),
      recalled('newest', 5, '12:30'),
      recalled('earliest', 2, '08:00'),
    ]);
  });
});

it.each<[string, BinaryVectorStoreOptions]>([
  ['by all vectors', {}],
  ['compared one by one', { similarity: 'dot' }],
  ['by a graph', { index: 'graph' }],
  ['by codes that a thread fits', { index: 'scan', quantizer: { kind: 'itq', bits: 8 } }],
])('many documents, found %s, come and go while time stands still', async (_, options) => {
  const documents = Array.from(
    { length: 3000 },
    (_, i) => new Document({ pageContent: `word${i}`, metadata: { i } }),
  );
  const ids = documents.map((_, i) => `${i}`);
  const store = new BinaryVectorStore(new WordEmbeddings(16), options);
  await store.addDocuments(documents, { ids });
  await store.addDocuments(documents.slice(0, 10), { ids: ids.slice(0, 10) });
  await store.settled();
  await store.delete({ filter: { i: { $gte: 2000 } } });
  const found = await store.similaritySearch('word7', 9, { i: { $lt: 1000 } });
  expect(found[0].pageContent).toBe('word7');
  await store.close();
});
