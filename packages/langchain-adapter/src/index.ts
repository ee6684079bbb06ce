export type { DocumentId } from './documents/document-batch.ts';
export type { DocumentFilter, MetadataQuery } from './filters/document-filter.ts';
export { ObjectFilterTranslator } from './self-query/object-filter-translator.ts';
export type { StoreStatistics } from './store/binary-vector-store.ts';
export { BinaryVectorStore } from './store/binary-vector-store.ts';
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
  QuantizerRecipe,
  RefitOptions,
} from './store/store-options.ts';
