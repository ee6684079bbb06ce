export type { TestedKind } from './run-vector-store-case.ts';
export { runVectorStoreCase } from './run-vector-store-case.ts';
export type { TestRunner, VectorStoreTests } from './test-vector-store.ts';
export { testVectorStore } from './test-vector-store.ts';
export type { TestedRetriever, TestedStore } from './tested-store.ts';
export type { Capability, Refusal, Trial, VectorStoreCase } from './vector-store-case.ts';
export { capabilities } from './vector-store-case.ts';
export { vectorStoreCases } from './vector-store-cases.ts';
export { WordEmbeddings } from './word-embeddings.ts';
