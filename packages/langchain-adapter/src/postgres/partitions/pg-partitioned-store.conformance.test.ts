import { randomUUID } from 'node:crypto';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe } from 'vitest';
import { vectorStoreSuite } from '../../store/vector-store.suite.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { openPGlite } from '../database/servers.suite.ts';
import type { PgPartitionedStoreOptions } from './pg-partitioned-store.ts';
import { PgPartitionedVectorStore } from './pg-partitioned-store.ts';

let databases: OpenDatabase[];
beforeAll(async () => {
  databases = await Promise.all([openPGlite(), openPGlite(), openPGlite()]);
});
afterAll(() => Promise.all(databases.map(({ stop }) => stop())));
const options = new WeakMap<PgPartitionedVectorStore, PgPartitionedStoreOptions>();

async function open(
  embeddings: EmbeddingsInterface,
  collection: string,
): Promise<PgPartitionedVectorStore> {
  const partitions = databases.map(({ pool }) => ({ pool }));
  const given = { partitions, collection, storage: 'vector' } as const;
  const store = await PgPartitionedVectorStore.open(embeddings, given);
  options.set(store, given);
  return store;
}

/** What one client writes is there for others at once. */
const settle = async (store: PgPartitionedVectorStore): Promise<PgPartitionedVectorStore> =>
  open(store.embeddings, options.get(store)?.collection as string);

describe('exact, on three servers', () =>
  vectorStoreSuite((embeddings) => open(embeddings, randomUUID()), { settle }));
