import { randomUUID } from 'node:crypto';
import { fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe } from 'vitest';
import { vectorStoreSuite, WordEmbeddings } from '../store/vector-store.suite.ts';
import type { OpenDatabase } from './database/servers.suite.ts';
import { describeDatabases } from './database/servers.suite.ts';
import type { PgIndexOptions } from './fits/pg-fits.ts';
import type { PgStoreOptions } from './pg-vector-store.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const dimensions = (await new WordEmbeddings().embedQuery('')).length;
const random = seededRandom(1);
const quantizer = await fitQuantizer(
  {
    rows: 300,
    columns: dimensions,
    data: Float32Array.from({ length: 300 * dimensions }, () => random() - 0.5),
  },
  { kind: 'itq', bits: Math.min(64, dimensions) },
);
describeDatabases((database) => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await database.open();
  });
  afterAll(() => opened?.stop());
  const collections = new WeakMap<PgBinaryVectorStore, string>();

  /** @param index of codes that are there from the first document on; none: all vectors are compared */
  const create =
    (options: PgStoreOptions, index?: PgIndexOptions) =>
    async (embeddings: EmbeddingsInterface): Promise<PgBinaryVectorStore> => {
      const collection = randomUUID();
      const store = await PgBinaryVectorStore.open(embeddings, {
        pool: opened.pool,
        collection,
        ...options,
      });
      collections.set(store, collection);
      if (index) {
        await store.refit({ quantizer });
        await store.index(index);
      }
      return store;
    };
  /** What one client writes is there for others at once. */
  const openOther =
    (options: PgStoreOptions = {}) =>
    async (store: PgBinaryVectorStore) => {
      const collection = collections.get(store);
      const given = { pool: opened.pool, collection, ...options };
      const other = await PgBinaryVectorStore.open(store.embeddings, given);
      collections.set(other, collection as string);
      return other;
    };
  const ofAnotherClient = openOther();

  describe('exact, in single precision', () =>
    vectorStoreSuite(create({ storage: 'vector' }), { settle: ofAnotherClient }));
  describe('exact, in half precision', () =>
    vectorStoreSuite(create({ fields: ['kind', 'owner.name'] }), {
      settle: ofAnotherClient,
      isEstimating: true,
    }));
  describe.each([{ kind: 'scan' }, { kind: 'hnsw', m: 4 }, { kind: 'ivfflat', lists: 2 }] as const)(
    'codes, $kind',
    (index) => vectorStoreSuite(create({ storage: 'vector' }, index), { settle: ofAnotherClient }),
  );
  describe('codes that are scored', () =>
    vectorStoreSuite(
      create({ storage: 'vector', depth: { candidates: 50, rerank: 10 } }, { kind: 'scan' }),
      {
        settle: ofAnotherClient,
      },
    ));
  describe('codes in the memory of the client', () =>
    vectorStoreSuite(create({ storage: 'vector', localCodes: true }, { kind: 'scan' }), {
      settle: openOther({ localCodes: true }),
    }));
  describe.each([undefined, { kind: 'scan' }] as const)('hybrid, %j', (index) =>
    vectorStoreSuite(create({ storage: 'vector', hybrid: true }, index), {
      settle: ofAnotherClient,
      isHybrid: true,
    }),
  );
});
