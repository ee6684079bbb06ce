import { randomUUID } from 'node:crypto';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NamedEmbeddings } from '../../store/named-embeddings.suite.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';

const [one, other, silent] = [
  new NamedEmbeddings('one'),
  new NamedEmbeddings('other'),
  new WordEmbeddings(),
];
const mismatch = { code: 'model-mismatch' };
const documents = ['a cat', 'a dog', 'a bird'].map((pageContent) => ({
  pageContent,
  metadata: {},
}));

describeDatabases((database) => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await database.open();
  });
  afterAll(() => opened?.stop());

  const open = (embeddings: EmbeddingsInterface, collection: string) =>
    PgBinaryVectorStore.open(embeddings, { pool: opened.pool, collection });
  async function filled(embeddings: EmbeddingsInterface) {
    const collection = randomUUID();
    const store = await open(embeddings, collection);
    await store.addDocuments(documents);
    return { store, collection };
  }

  describe('the model of a collection', () => {
    it('is compared when it is opened, added to and searched', async () => {
      const { store, collection } = await filled(one);
      await expect(open(other, collection)).rejects.toThrow(/"other".*"one"/);
      store.embeddings = other;
      const { embedded } = other;
      await expect(store.addDocuments(documents)).rejects.toMatchObject(mismatch);
      await expect(store.similaritySearch('cat')).rejects.toMatchObject(mismatch);
      await expect(store.similaritySearchWithScore('cat')).rejects.toMatchObject(mismatch);
      const varied = store.maxMarginalRelevanceSearch('cat', { k: 1 });
      await expect(varied).rejects.toMatchObject(mismatch);
      expect(other.embedded).toBe(embedded);
      expect(await store.count()).toBe(3);
      const again = await open(one, collection);
      expect((await again.similaritySearch('a cat', 1))[0]?.pageContent).toBe('a cat');
    });

    it('is that of the first of two clients that fill it', async () => {
      const collection = randomUUID();
      const [first, second] = [await open(one, collection), await open(other, collection)];
      await first.addDocuments(documents);
      await expect(second.addDocuments(documents)).rejects.toMatchObject(mismatch);
      await expect(second.similaritySearch('cat')).rejects.toMatchObject(mismatch);
      expect(await first.count()).toBe(3);
    });

    it('is that of one of two clients that fill it at the same time', async () => {
      const collection = randomUUID();
      const stores = [await open(one, collection), await open(other, collection)];
      const added = await Promise.allSettled(stores.map((store) => store.addDocuments(documents)));
      const failed = added.filter((result) => result.status === 'rejected');
      expect(failed).toMatchObject([{ reason: mismatch }]);
      expect(await stores[0]?.count()).toBe(3);
    });

    it('is not compared where embeddings do not tell, and taken from the first that do', async () => {
      const { store, collection } = await filled(one);
      store.embeddings = silent;
      await store.addDocuments(documents);
      await store.similaritySearch('cat');
      const { collection: untold } = await filled(silent);
      await (await open(other, untold)).addDocuments(documents);
      await expect(open(one, untold)).rejects.toMatchObject(mismatch);
      await expect(open(other, collection)).rejects.toMatchObject(mismatch);
    });

    it.each(['deleteAll', 'ids'] as const)(
      'can be another when it was emptied by %s, which others notice before they add',
      async (way) => {
        const collection = randomUUID();
        const [store, late] = [await open(one, collection), await open(one, collection)];
        const ids = await store.addDocuments(documents);
        await late.similaritySearch('cat');
        await store.delete(way === 'ids' ? { ids } : { deleteAll: true });
        // It goes by what it has read of the collection: of before, and of when it was empty.
        const early = await open(one, collection);
        const next = await open(other, collection);
        await next.addDocuments(documents);
        await expect(early.addDocuments(documents)).rejects.toMatchObject(mismatch);
        await expect(late.addDocuments(documents)).rejects.toMatchObject(mismatch);
        await expect(open(one, collection)).rejects.toMatchObject(mismatch);
        expect(await next.count()).toBe(3);
        expect((await next.similaritySearch('a dog', 1))[0]?.pageContent).toBe('a dog');
      },
    );
  });
});
