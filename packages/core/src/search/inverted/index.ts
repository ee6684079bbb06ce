export type { Centroids, ClusteredItems, ClusteredQuery } from './centroids.ts';
export type {
  InvertedIndexOptions,
  InvertedSearchOptions,
  ProbeOptions,
} from './inverted-index.ts';
export { InvertedIndex } from './inverted-index.ts';
