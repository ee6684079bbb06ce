import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywords-'));
});
afterAll(() => rm(folder, { recursive: true }));

const texts = [
  'The bakery sells bread, and bread alone.',
  'Bread is baked at night.',
  'The dog E4711 walks in the park.',
  'Nobody sleeps.',
];
const documents = texts.map(
  (pageContent, number) => new Document({ pageContent, metadata: { number } }),
);
const ids = texts.map((_, i) => String(i));
const hybrid = { alpha: 1 };

class UnaskedEmbeddings extends WordEmbeddings {
  override embedQuery(): Promise<number[]> {
    return Promise.reject(new Error('embeds a question'));
  }
}

describe.each([
  ['in memory', async () => new BinaryVectorStore(new UnaskedEmbeddings(), { hybrid })],
  [
    'in a file',
    () =>
      BinaryVectorStore.open(join(folder, 'words.sqlite'), new UnaskedEmbeddings(), {
        driver,
        hybrid,
      }),
  ],
])('a search for words %s', (_, open) => {
  it('finds what has one of them, best first, and embeds nothing', async () => {
    const store = await open();
    const found = async (...asked: Parameters<typeof store.keywordSearchWithScore>) =>
      (await store.keywordSearchWithScore(...asked)).map(([{ id }]) => id);
    expect(await found('bread')).toEqual([]);
    await store.addDocuments(documents, { ids });
    expect(await found('breads')).toEqual(['0', '1']);
    expect(await found('breads', 1)).toEqual(['0']);
    expect(await found('breads', 0)).toEqual([]);
    expect(await found('breads at e4711', 9, { number: { $gte: 1 } })).toEqual(['2', '1']);
    expect(await found('the xylophone')).toEqual([]);
    const scores = (await store.keywordSearchWithScore('the bread of E4711')).map(([, s]) => s);
    expect(scores).toHaveLength(3);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.every((score) => score > 0)).toBe(true);

    const [[first] = []] = await store.keywordSearchWithScore('e4711');
    (first as Document).metadata.number = 7;
    expect(await found('e4711', 1, { number: 2 })).toEqual(['2']);
    await store.delete({ ids: ['0'] });
    expect(await found('breads')).toEqual(['1']);
    await expect(store.keywordSearchWithScore('bread', -1)).rejects.toThrow(/k: got -1/);
    await store.close();
  });
});

it('is refused by a store without words', async () => {
  const store = new BinaryVectorStore(new WordEmbeddings());
  await expect(store.keywordSearchWithScore('bread')).rejects.toMatchObject({
    code: 'not-supported',
  });
});
