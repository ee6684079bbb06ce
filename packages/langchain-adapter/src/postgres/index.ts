export type { PgAttachedTable } from './attached-table.ts';
export type { CopyableStore, StoreCopy } from './copy-store.ts';
export { copyStore } from './copy-store.ts';
export type { PgDepth } from './pg-collection.ts';
export type { PgIndexOptions } from './pg-fits.ts';
export type { PgStoreHealth } from './pg-health.ts';
export type { PgHybridOptions } from './pg-hybrid.ts';
export type { PgPartition, PgServer } from './pg-part.ts';
export type {
  PgPartitionedCreateOptions,
  PgPartitionedHealth,
  PgPartitionedStoreOptions,
  PgPartitionFailure,
} from './pg-partitioned-store.ts';
export { PgPartitionedVectorStore } from './pg-partitioned-store.ts';
export { partitionOf } from './pg-placement.ts';
export type { PgClient, PgPool, PgQueryable, PgResult } from './pg-pool.ts';
export type { PgRefit, PgRefitOptions } from './pg-refit.ts';
export type { PgAttachOptions, PgCreateOptions, PgStoreOptions } from './pg-vector-store.ts';
export { PgBinaryVectorStore } from './pg-vector-store.ts';
export type {
  PGliteDatabase,
  PGliteQueryOptions,
  PGliteResult,
} from './pglite-pool.ts';
export { pglitePool } from './pglite-pool.ts';
