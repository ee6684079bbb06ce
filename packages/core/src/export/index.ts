export { firstPart } from './first-part.ts';
export { toFaiss } from './to-faiss.ts';
export { toMilvus } from './to-milvus.ts';
export { toPgvector } from './to-pgvector.ts';
export { toSqliteVec } from './to-sqlite-vec.ts';
export { toVespa } from './to-vespa.ts';
