import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
import { Document } from '@langchain/core/documents';
import { expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/index.ts';
import { fillFromMemoryVectorStore } from './fill-from-memory-vector-store.ts';
import { emptyStore, expectMoved, expectRefusal, movedDocuments } from './moved-documents.suite.ts';

async function memoryOf(documents: readonly Document[]): Promise<MemoryVectorStore> {
  const memory = new MemoryVectorStore(new WordEmbeddings(8));
  await memory.addDocuments([...documents]);
  return memory;
}

it('adds documents, vectors and ids', async () => {
  const store = emptyStore();
  const ids = await fillFromMemoryVectorStore(store, await memoryOf(movedDocuments));
  await expectMoved(store);
  expect(ids[1]).toBe('the dog');
  expect(new Set(ids).size).toBe(movedDocuments.length);
});

it('gives the same scores for the same vectors', async () => {
  const store = emptyStore();
  const memory = await memoryOf(movedDocuments.filter(({ pageContent }) => pageContent !== ''));
  await fillFromMemoryVectorStore(store, memory);
  const theirs = await memory.similaritySearchWithScore('a dog sleeps', 9);
  const ours = await store.similaritySearchWithScore('a dog sleeps', 9);
  expect(ours.map(([{ pageContent }]) => pageContent)).toEqual(
    theirs.map(([{ pageContent }]) => pageContent),
  );
  for (const [i, [, score]] of ours.entries()) expect(score).toBeCloseTo(theirs[i][1], 6);
});

it('takes an empty store', async () => {
  const store = emptyStore();
  expect(await fillFromMemoryVectorStore(store, await memoryOf([]))).toEqual([]);
  expect(store.stats().count).toBe(0);
});

it('adds to what is there, and replaces what has the same id', async () => {
  const store = emptyStore();
  await store.addVectors(
    [Array(8).fill(1), Array(8).fill(2)],
    [new Document({ pageContent: 'first' }), new Document({ pageContent: 'old' })],
    { ids: ['first', 'the dog'] },
  );
  await fillFromMemoryVectorStore(store, await memoryOf(movedDocuments));
  expect(store.stats().count).toBe(6);
  expect((await store.getByIds(['the dog']))[0].pageContent).toBe(movedDocuments[1].pageContent);
});

it('refuses what is no such store', async () => {
  const store = emptyStore();
  for (const other of [undefined, null, {}, store, { memoryVectors: 3 }]) {
    await expectRefusal(
      fillFromMemoryVectorStore(store, other as never),
      'invalid-option',
      /got no memoryVectors, expected a MemoryVectorStore/,
    );
  }
});
