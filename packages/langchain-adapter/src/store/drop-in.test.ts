import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { VectorStore } from '@langchain/core/vectorstores';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions, CreateOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings();
const documents = ['one', 'two'].map((pageContent) => new Document({ pageContent }));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-drop-in-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

class ShoutingStore extends BinaryVectorStore {
  readonly made: string = 'here';
  static count = 0;

  constructor(given: EmbeddingsInterface, options?: BinaryVectorStoreOptions) {
    super(given, options);
    ShoutingStore.count++;
  }

  override _vectorstoreType(): string {
    return 'shouting';
  }

  override async addDocuments(
    given: Document[],
    options?: Parameters<BinaryVectorStore['addDocuments']>[1],
  ): Promise<string[]> {
    const loud = given.map(
      ({ pageContent, ...rest }) =>
        new Document({ ...rest, pageContent: pageContent.toUpperCase() }),
    );
    return super.addDocuments(loud, options);
  }
}

describe('a class that extends the store', () => {
  it('is what its own functions make', async () => {
    ShoutingStore.count = 0;
    const made = await Promise.all([
      ShoutingStore.fromTexts(['one'], [], embeddings),
      ShoutingStore.fromDocuments(documents.slice(0, 1), embeddings),
      ShoutingStore.fromExistingIndex(embeddings),
    ]);
    await made[0].save(directory);
    const loaded = await ShoutingStore.load(directory, embeddings);
    for (const store of [...made, loaded]) {
      expectTypeOf(store).toEqualTypeOf<ShoutingStore>();
      expect(store).toBeInstanceOf(ShoutingStore);
      expect(store.made).toBe('here');
      expect(store.lc_namespace.at(-1)).toBe('shouting');
    }
    expect(ShoutingStore.count).toBe(4);
    for (const store of [made[0], made[1], loaded]) {
      expect((await store.similaritySearch('one'))[0].pageContent).toBe('ONE');
    }
  });

  it('is no other when the store makes one', async () => {
    const store = await BinaryVectorStore.fromTexts(['one'], [], embeddings);
    expectTypeOf(store).toEqualTypeOf<BinaryVectorStore>();
    expect(store).not.toBeInstanceOf(ShoutingStore);
  });
});

it('is taken where any vector store is, its class too', () => {
  expectTypeOf<BinaryVectorStore>().toExtend<VectorStore>();
  expectTypeOf<typeof BinaryVectorStore>().toExtend<typeof VectorStore>();
});

it('fromExistingIndex makes an empty store with its options', async () => {
  const options = { fields: ['a'], k: 3 };
  const store = await BinaryVectorStore.fromExistingIndex(embeddings, options);
  expect(store.stats()).toMatchObject({ count: 0, index: 'exact' });
  await store.addDocuments(documents);
  expect(await store.similaritySearch('one')).toHaveLength(2);
  await expect(
    BinaryVectorStore.fromExistingIndex(embeddings, { index: 'none' as 'auto' }),
  ).rejects.toMatchObject({ code: 'invalid-option' });
});

describe('ids among the options', () => {
  it.each<[string, (options: CreateOptions) => Promise<BinaryVectorStore>]>([
    ['fromDocuments', (options) => BinaryVectorStore.fromDocuments(documents, embeddings, options)],
    [
      'fromTexts',
      (options) => BinaryVectorStore.fromTexts(['one', 'two'], [], embeddings, options),
    ],
  ])('of %s are those of the documents', async (_, create) => {
    const store = await create({ ids: ['a', 7] });
    expect(
      (await store.getByIds(['7', 'a'])).map(({ pageContent, id }) => [id, pageContent]),
    ).toEqual([
      ['7', 'two'],
      ['a', 'one'],
    ]);
    await expect(create({ ids: ['a'] })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('delete', () => {
  it('without arguments deletes nothing and says what to say', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents, embeddings);
    for (const options of [undefined, {}, { deleteAll: false }]) {
      await expect(store.delete(options)).rejects.toMatchObject({
        code: 'invalid-option',
        remedy: expect.stringContaining('deleteAll: true'),
      });
    }
    expect(store.stats().count).toBe(2);
  });

  it('of a folder waits for the save before it, and refuses what was not saved', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents, embeddings);
    await Promise.all([store.save(directory), store.delete({ directory })]);
    await expect(BinaryVectorStore.load(directory, embeddings)).rejects.toMatchObject({
      code: 'file-not-found',
    });
    await expect(store.delete({ directory: join(directory, 'none') })).rejects.toMatchObject({
      code: 'file-not-found',
    });
    for (const wrong of ['', 3, null]) {
      await expect(store.delete({ directory: wrong as string })).rejects.toMatchObject({
        code: 'invalid-option',
      });
    }
    await expect(store.delete({ directory, ids: ['a'] })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    expect(store.stats().count).toBe(2);
  });
});
