export type { CopyableStore, StoreCopy } from './copy-store.ts';
export { copyStore } from './copy-store.ts';
export type { PgDepth } from './pg-collection.ts';
export type { PgIndexOptions, PgRefit, PgRefitOptions } from './pg-fits.ts';
export type { PgClient, PgPool, PgQueryable, PgResult } from './pg-pool.ts';
export type { PgCreateOptions, PgStoreOptions } from './pg-vector-store.ts';
export { PgBinaryVectorStore } from './pg-vector-store.ts';
export type {
  PGliteDatabase,
  PGliteQueryOptions,
  PGliteResult,
} from './pglite-pool.ts';
export { pglitePool } from './pglite-pool.ts';
