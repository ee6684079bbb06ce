import type { DocumentInterface } from '@langchain/core/documents';

/**
 * What the cases call of a vector store. By its shape rather than by the class of `@langchain/core`, of which a
 * program may have several copies.
 */
export interface TestedStore {
  addDocuments(
    documents: DocumentInterface[],
    options?: { ids?: string[] },
    // biome-ignore lint/suspicious/noConfusingVoidType: stores that return no ids are declared so.
  ): Promise<string[] | void>;
  addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options?: { ids?: string[] },
    // biome-ignore lint/suspicious/noConfusingVoidType: stores that return no ids are declared so.
  ): Promise<string[] | void>;
  delete(options?: Record<string, unknown>): Promise<void>;
  getByIds?(ids: string[]): Promise<DocumentInterface[]>;
  similaritySearch(query: string, k?: number, filter?: unknown): Promise<DocumentInterface[]>;
  similaritySearchWithScore(
    query: string,
    k?: number,
    filter?: unknown,
  ): Promise<[DocumentInterface, number][]>;
  similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: unknown,
  ): Promise<[DocumentInterface, number][]>;
  maxMarginalRelevanceSearch?(
    query: string,
    options: { k: number; fetchK?: number; lambda?: number; filter?: unknown },
    callbacks: undefined,
  ): Promise<DocumentInterface[]>;
  asRetriever(options?: number | object): TestedRetriever;
  _vectorstoreType(): string;
}

/** What the cases call of a retriever. */
export interface TestedRetriever {
  invoke(query: string): Promise<DocumentInterface[]>;
  addDocuments(
    documents: DocumentInterface[],
    options?: { ids?: string[] },
    // biome-ignore lint/suspicious/noConfusingVoidType: stores that return no ids are declared so.
  ): Promise<string[] | void>;
  tags?: string[];
}
