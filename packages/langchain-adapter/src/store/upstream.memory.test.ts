// What LangChain's own tests ask of its store in memory, of its retriever and of HNSWLib, asked of this one.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { FakeEmbeddings, SyntheticEmbeddings } from '@langchain/core/utils/testing';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const greetings = ['good morning', 'good night', 'see you', 'so long'];
const asDocuments = (texts: readonly string[], metadata: Record<string, unknown>) =>
  texts.map((pageContent) => ({ pageContent, metadata: { ...metadata } }));

describe('memory', () => {
  const embeddings = new SyntheticEmbeddings({ vectorSize: 1536 });
  const upToTwo = ({ metadata }: DocumentInterface) => metadata.space <= 2;
  const inSpaces = (withIds: boolean) =>
    [1, 2, 3, 4].map((space) => ({
      pageContent: 'good morning',
      metadata: { space },
      ...(withIds && { id: `${space}` }),
    }));

  it('finds documents of outside, without ids, just as they were', async () => {
    const store = new BinaryVectorStore(embeddings);
    await store.addDocuments(asDocuments(greetings, { from: 'afar' }));
    const [greeting] = greetings;
    expect(await store.similaritySearch(greeting, 1)).toEqual([
      new Document({ pageContent: greeting, metadata: { from: 'afar' } }),
    ]);
  });

  it.each([
    ['keeps the ids of documents and returns them', true],
    ['as a retriever filters by metadata', false],
  ])('%s', async (_, withIds) => {
    const retriever = new BinaryVectorStore(embeddings).asRetriever({ k: 2, filter: upToTwo });
    await retriever.addDocuments(inSpaces(withIds));
    expect(await retriever.invoke('good morning')).toEqual(
      inSpaces(withIds)
        .slice(0, 2)
        .map((fields) => new Document(fields)),
    );
  });

  describe('with a similarity of its own', () => {
    const counted = async () => {
      let calls = 0;
      const similarity = (a: number[], b: number[]) => {
        calls++;
        return a.reduce((sum, value, j) => sum + value * b[j], 0);
      };
      const store = new BinaryVectorStore(embeddings, { similarity });
      await store.addDocuments(asDocuments(greetings, {}));
      return { store, calls: () => calls };
    };

    it('asks it once of each document', async () => {
      const { store, calls } = await counted();
      expect(await store.similaritySearch('good night', 3)).toHaveLength(3);
      expect(calls()).toBe(4);
    });

    it('asks it no more often for maximal marginal relevance', async () => {
      const { store, calls } = await counted();
      expect(await store.maxMarginalRelevanceSearch('good night', { k: 3 })).toHaveLength(3);
      expect(calls()).toBe(4);
    });
  });

  it.each([
    ['first', 'second', 'third'],
    ['first', 'third', 'second'],
    ['second', 'first', 'third'],
    ['second', 'third', 'first'],
    ['third', 'first', 'second'],
    ['third', 'second', 'first'],
  ])('sorts by falling similarity whatever was added first: %s, %s, %s', async (...order) => {
    // The vectors are known by which they are, not by what they say: the first of them says nothing.
    const vectors = new Map(['second', 'third', 'first', 'asked'].map((name, i) => [name, [i]]));
    const score = new Map([
      [vectors.get('first'), 0.9],
      [vectors.get('second'), 0.5],
      [vectors.get('third'), 0.2],
    ]);
    class Known extends Embeddings {
      async embedDocuments(texts: string[]): Promise<number[][]> {
        return Promise.all(texts.map((text) => this.embedQuery(text)));
      }

      async embedQuery(text: string): Promise<number[]> {
        return vectors.get(text) as number[];
      }
    }
    const store = new BinaryVectorStore(new Known({}), {
      similarity(query, vector) {
        expect(query).toBe(vectors.get('asked'));
        return score.get(vector) as number;
      },
    });
    for (const pageContent of order) await store.addDocuments([{ pageContent, metadata: {} }]);
    const found = await store.similaritySearchWithScore('asked', 3);
    expect(found.map(([{ pageContent }, similarity]) => [pageContent, similarity])).toEqual([
      ['first', 0.9],
      ['second', 0.5],
      ['third', 0.2],
    ]);
  });
});

it('a retriever of a store tells callbacks when it starts and ends', async () => {
  const store = new BinaryVectorStore(new FakeEmbeddings());
  await store.addDocuments(asDocuments(Array(4).fill('the same'), { a: 1 }));
  const starts: string[] = [];
  const ends: Pick<Document, 'pageContent'>[][] = [];
  const retriever = store.asRetriever({
    k: 1,
    callbacks: [
      {
        handleRetrieverStart: (_, query) => void starts.push(query),
        handleRetrieverEnd: (documents) => void ends.push(documents),
      },
    ],
  });
  const found = await retriever.invoke('what?');
  expect(found).toEqual([new Document({ pageContent: 'the same', metadata: { a: 1 } })]);
  await expect.poll(() => [starts, ends]).toEqual([['what?'], [found]]);
});

describe('hnswlib', () => {
  const embeddings = new WordEmbeddings();
  const texts = ['hello world', 'good bye', 'hello nice world'];
  const metadatas = [{ id: 2 }, { id: 1 }, { id: 3 }];
  const create = () => BinaryVectorStore.fromTexts(texts, metadatas, embeddings);
  const found = async (store: BinaryVectorStore, k: number) =>
    (await store.similaritySearch('hello world', k)).map(({ metadata }) => metadata);

  it('fromTexts, then addVectors', async () => {
    const store = await BinaryVectorStore.fromTexts(['hello'], [{ id: 2 }], new FakeEmbeddings());
    expect(store.stats().count).toBe(1);
    const vectors = [
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
    ];
    const documents = [5, 4, 6].map(
      (id) => new Document({ pageContent: `${id}`, metadata: { id } }),
    );
    await store.addVectors(vectors, documents);
    expect(store.stats().count).toBe(4);
    const nearest = await store.similaritySearchVectorWithScore([1, 0, 0, 0], 3);
    expect(nearest.map(([{ metadata }]) => metadata.id)).toEqual([4, 6, 2]);
    expect(nearest[0][1]).toBe(1);
  });

  it('filters by metadata', async () => {
    const store = await BinaryVectorStore.fromTexts(
      Array(3).fill('hello world'),
      [{ id: 2 }, { id: 3 }, { id: 4 }],
      new FakeEmbeddings(),
    );
    const isThree = ({ metadata }: DocumentInterface) => metadata.id === 3;
    expect(await store.similaritySearch('hello world', 3, isThree)).toEqual([
      new Document({ pageContent: 'hello world', metadata: { id: 3 } }),
    ]);
  });

  it('fromTexts', async () => {
    const store = await create();
    expect(store.stats().count).toBe(3);
    expect(await found(store, 1)).toEqual([{ id: 2 }]);
    expect(await found(store, 3)).toEqual([{ id: 2 }, { id: 3 }, { id: 1 }]);
  });

  it('fromTexts, then addDocuments', async () => {
    const store = await create();
    await store.addDocuments([{ pageContent: 'hello my dear', metadata: { id: 4 } }]);
    expect(store.stats().count).toBe(4);
    expect(await found(store, 3)).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
  });

  it('save, load, and delete of what was saved', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bitryoshka-upstream-'));
    try {
      await (await create()).save(directory);
      await writeFile(join(directory, 'notes.txt'), 'not ours');
      const loaded = await BinaryVectorStore.load(directory, embeddings);
      expect(await found(loaded, 1)).toEqual([{ id: 2 }]);
      expect(await found(loaded, 3)).toEqual([{ id: 2 }, { id: 3 }, { id: 1 }]);
      await loaded.delete({ directory });
      await expect(BinaryVectorStore.load(directory, embeddings)).rejects.toMatchObject({
        code: 'file-not-found',
      });
      expect(await readdir(directory)).toEqual(['notes.txt']);
      expect(await found(loaded, 1)).toEqual([{ id: 2 }]);
      await expect(loaded.delete({ directory })).rejects.toMatchObject({ code: 'file-not-found' });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
