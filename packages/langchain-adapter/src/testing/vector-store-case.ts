import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { TestedStore } from './tested-store.ts';
import type { WordEmbeddings } from './word-embeddings.ts';

/** What some vector stores can do and others cannot. */
export type Capability =
  | 'returns-ids'
  | 'option-ids'
  | 'document-ids'
  | 'upsert'
  | 'get-by-ids'
  | 'delete-by-ids'
  | 'delete-by-filter'
  | 'delete-all'
  | 'filter-function'
  | 'filter-fields'
  | 'filter-operators'
  | 'mmr'
  | 'cosine-scores'
  | 'copies'
  | 'ordered-changes'
  | 'zero-vectors'
  | 'refuses-misfits'
  | 'reload';

/** What each of them means. */
export const capabilities: Readonly<Record<Capability, string>> = {
  'returns-ids': 'adding returns one id per document, made up where none was given',
  'option-ids': 'documents found carry the ids that were given as `{ ids }`',
  'document-ids': 'documents found carry the ids that they had',
  upsert: 'a document whose id is in the store replaces the one there',
  'get-by-ids': '`getByIds` returns documents in the order asked for',
  'delete-by-ids': '`delete({ ids })`',
  'delete-by-filter': '`delete({ filter })`, with each kind of filter that the store takes',
  'delete-all': '`delete({ deleteAll: true })`',
  'filter-function': 'filters are functions of the document',
  'filter-fields': 'filters are objects of values that metadata must have',
  'filter-operators': 'filters are conditions in the style of MongoDB',
  mmr: '`maxMarginalRelevanceSearch`, and retrievers with `searchType: "mmr"`',
  'cosine-scores': 'scores are cosine similarities, or 1 less these where lower is better',
  copies: 'documents are copied on their way in and out',
  'ordered-changes': 'changes that are begun at once are made in the order of asking',
  'zero-vectors': 'texts whose vectors are all zeros are like any other, with the score 0',
  'refuses-misfits': 'vectors and ids that do not fit are refused, and nothing is added then',
  reload: 'can be saved and loaded: `reload` says how',
};

/** Why a store should refuse what it is asked. */
export type Refusal =
  | 'count-mismatch'
  | 'dimension-mismatch'
  | 'not-finite'
  | 'invalid-id'
  | 'duplicate-id'
  | 'invalid-k';

/** One store in one case. */
export interface Trial {
  readonly embeddings: WordEmbeddings;
  readonly scores: 'similarity' | 'distance';
  has(capability: Capability): boolean;
  /** An empty store. */
  create(embeddings?: EmbeddingsInterface): Promise<TestedStore>;
  /** The store to search, once what was done to the given one can be found. */
  settle(store: TestedStore): Promise<TestedStore>;
  reload(store: TestedStore): Promise<TestedStore>;
  /** Fails unless the action does, in the way in which the store refuses. */
  expectRefusal(action: () => unknown, reason: Refusal): Promise<void>;
}

/** Something that a vector store must do, at least where it has the capabilities that are needed. */
export interface VectorStoreCase {
  /** What it is about; with the name, a sentence. */
  readonly subject: string;
  readonly name: string;
  /** Without any: every vector store must pass. */
  readonly needs: readonly Capability[];
  readonly run: (trial: Trial) => Promise<void>;
}
