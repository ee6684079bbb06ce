export type { DocumentId } from './documents/document-batch.ts';
export type {
  RecoverFileOptions,
  StoreFileRecovery,
  StoreFileVerification,
  VerifyFileOptions,
} from './durable/recover-file.ts';
export { recoverStoreFile, verifyStoreFile } from './durable/recover-file.ts';
export type { SalvageOptions } from './durable/salvage-options.ts';
export type { SqliteDatabase, SqliteDriver, SqliteStatement } from './durable/sqlite-driver.ts';
export type { SqliteWasm, SqliteWasmOptions, SqliteWasmPool } from './durable/sqlite-wasm.ts';
export { sqliteWasm } from './durable/sqlite-wasm.ts';
export type { DocumentFilter, MetadataQuery } from './filters/document-filter.ts';
export type { HybridOptions } from './lexical/hybrid-options.ts';
export type { Language } from './lexical/languages.ts';
export type { Tokenize } from './lexical/tokenize.ts';
export { createTokenizer } from './lexical/tokenize.ts';
export type { SnapshotFileState } from './platform.ts';
export type { PassageRerankerOptions } from './reranking/passage-reranker.ts';
export { PassageReranker } from './reranking/passage-reranker.ts';
export { ObjectFilterTranslator } from './self-query/object-filter-translator.ts';
export type { RecoverOptions, StoreRecovery } from './snapshot/recover-store.ts';
export { recoverStore } from './snapshot/recover-store.ts';
export type { LostPart } from './snapshot/salvage-store.ts';
export type { StoreVerification } from './snapshot/verify-store.ts';
export { verifyStore } from './snapshot/verify-store.ts';
export { BinaryVectorStore } from './store/binary-vector-store.ts';
export type { DocumentDrift } from './store/document-drift.ts';
export type { StoreHealth, StoreStatistics } from './store/health.ts';
export type { Similarity, SimilarityFunction } from './store/similarity.ts';
export type {
  AddOptions,
  BinaryVectorStoreOptions,
  CorpusRecipe,
  CreateOptions,
  DeleteOptions,
  FitOptions,
  HeadRecipe,
  LoadOptions,
  OpenOptions,
  QuantizerRecipe,
  RefitOptions,
  SaveOptions,
} from './store/store-options.ts';
