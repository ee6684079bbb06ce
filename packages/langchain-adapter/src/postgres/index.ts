export type { PgClient, PgPool, PgQueryable, PgResult } from './pg-pool.ts';
export type {
  PGliteDatabase,
  PGliteQueryOptions,
  PGliteResult,
} from './pglite-pool.ts';
export { pglitePool } from './pglite-pool.ts';
