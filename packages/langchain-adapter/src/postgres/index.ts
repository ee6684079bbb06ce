export type { PgAttachedTable } from './collection/attached-table.ts';
export type { PgDepth } from './collection/pg-collection.ts';
export type { CopyableStore, StoreCopy } from './copy-store.ts';
export { copyStore } from './copy-store.ts';
export type { PgClient, PgPool, PgQueryable, PgResult } from './database/pg-pool.ts';
export type {
  PGliteDatabase,
  PGliteQueryOptions,
  PGliteResult,
} from './database/pglite-pool.ts';
export { pglitePool } from './database/pglite-pool.ts';
export type { PgIndexOptions } from './fits/pg-fits.ts';
export type { PgStoreHealth } from './fits/pg-health.ts';
export type { PgRefit, PgRefitOptions } from './fits/pg-refit.ts';
export type { PgPartition, PgServer } from './partitions/pg-part.ts';
export type {
  PgPartitionedCreateOptions,
  PgPartitionedHealth,
  PgPartitionedStoreOptions,
  PgPartitionFailure,
} from './partitions/pg-partitioned-store.ts';
export { PgPartitionedVectorStore } from './partitions/pg-partitioned-store.ts';
export { partitionOf } from './partitions/pg-placement.ts';
export type { PgAttachOptions, PgCreateOptions, PgStoreOptions } from './pg-vector-store.ts';
export { PgBinaryVectorStore } from './pg-vector-store.ts';
export type { PgHybridOptions } from './search/pg-hybrid.ts';
