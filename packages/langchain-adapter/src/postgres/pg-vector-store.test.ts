import { randomUUID } from 'node:crypto';
import { Document } from '@langchain/core/documents';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/index.ts';
import type { OpenDatabase } from './database/servers.suite.ts';
import { describeDatabases } from './database/servers.suite.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const embeddings = new WordEmbeddings();

describeDatabases((database) => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await database.open();
  });
  afterAll(() => opened?.stop());

  it('takes values of any length in declared fields, and finds documents by them', async () => {
    const fields = ['title', 'loc.page'];
    const options = { pool: opened.pool, collection: randomUUID(), fields };
    const store = await PgBinaryVectorStore.open(embeddings, options);
    // Of no letter twice, so that nothing is made shorter.
    const title = Array.from({ length: 6000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    const metadata = [
      { title, loc: { page: 1 } },
      { title: 'b', loc: { page: 2 } },
      { title: ['c'] },
    ];
    await store.addDocuments(
      metadata.map((each, i) => new Document({ pageContent: `text ${i}`, metadata: each })),
    );
    const found = async (filter: Record<string, unknown>) =>
      (await store.similaritySearch('text', 9, filter)).map(({ pageContent }) => pageContent);
    expect(await found({ title })).toEqual(['text 0']);
    expect(await found({ title: { $lt: 'bb' } })).toEqual(['text 1']);
    expect(await found({ 'loc.page': { $gte: 2 } })).toEqual(['text 1']);
    expect(await found({ title: 'c' })).toEqual(['text 2']);
  });

  it('adds fields that are declared later', async () => {
    const options = { pool: opened.pool, collection: randomUUID() };
    const store = await PgBinaryVectorStore.open(embeddings, options);
    const metadata = [{ age: 3 }, { age: 7 }];
    await store.addDocuments(
      metadata.map((each, i) => new Document({ pageContent: `text ${i}`, metadata: each })),
    );
    const later = await PgBinaryVectorStore.open(embeddings, { ...options, fields: ['age'] });
    for (const each of [store, later]) {
      const [only, ...others] = await each.similaritySearch('text', 9, { age: { $gt: 5 } });
      expect(only?.pageContent).toBe('text 1');
      expect(others).toEqual([]);
    }
    await expect(
      PgBinaryVectorStore.open(embeddings, { ...options, storage: 'vector' }),
    ).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
