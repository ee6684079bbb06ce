export type { DocumentFilter, MetadataQuery } from './filters/document-filter.ts';
export type { HybridOptions } from './lexical/hybrid-options.ts';
export type { Language } from './lexical/languages.ts';
export type { Tokenize } from './lexical/tokenize.ts';
export { createTokenizer } from './lexical/tokenize.ts';
export type { StoreStatistics } from './store/binary-vector-store.ts';
export { BinaryVectorStore } from './store/binary-vector-store.ts';
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
