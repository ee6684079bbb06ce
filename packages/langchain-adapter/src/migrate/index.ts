export { fillFromFaiss } from './fill-from-faiss.ts';
export { fillFromHnswlib } from './fill-from-hnswlib.ts';
export type { LanceOptions, LanceTable } from './fill-from-lancedb.ts';
export { fillFromLanceDB } from './fill-from-lancedb.ts';
export type { MemoryVectors } from './fill-from-memory-vector-store.ts';
export { fillFromMemoryVectorStore } from './fill-from-memory-vector-store.ts';
export type { SqliteDatabase, SqliteVecOptions } from './fill-from-sqlite-vec.ts';
export { fillFromSqliteVec } from './fill-from-sqlite-vec.ts';
export type { MigrateOptions, ReceivingStore } from './take-over.ts';
