import { importPeer } from '../../bench/peers/import-peer.mjs';
import { BinaryVectorStore } from '../../packages/langchain-adapter/dist/index.js';
import { capabilities } from '../../packages/langchain-adapter/dist/testing/index.js';

/**
 * The stores of LangChain.js that need no server, by name: the packages, and how to open one for tests.
 *
 * @type {Record<string, { packages: string[], open: (newFolder: () => string) => Promise<object> }>}
 */
export const stores = {
  BinaryVectorStore: {
    packages: [],
    open: async (newFolder) => ({
      create: async (embeddings) => new BinaryVectorStore(embeddings),
      capabilities: Object.keys(capabilities),
      reload: savedAndLoaded(BinaryVectorStore, newFolder),
    }),
  },
  MemoryVectorStore: {
    packages: ['@langchain/classic'],
    open: async () => {
      const { MemoryVectorStore } = await importPeer('@langchain/classic/vectorstores/memory');
      return {
        create: async (embeddings) => new MemoryVectorStore(embeddings),
        capabilities: ['document-ids', 'filter-function', 'mmr', 'cosine-scores'],
      };
    },
  },
  HNSWLib: {
    packages: ['@langchain/community', 'hnswlib-node'],
    open: async (newFolder) => {
      const { HNSWLib } = await importPeer('@langchain/community/vectorstores/hnswlib');
      return {
        create: async (embeddings) => new HNSWLib(embeddings, { space: 'cosine' }),
        capabilities: ['document-ids', 'filter-function', 'cosine-scores'],
        scores: 'distance',
        reload: savedAndLoaded(HNSWLib, newFolder),
      };
    },
  },
  FaissStore: {
    packages: ['@langchain/community', 'faiss-node'],
    open: async (newFolder) => {
      const { FaissStore } = await importPeer('@langchain/community/vectorstores/faiss');
      return {
        create: async (embeddings) => new FaissStore(embeddings, {}),
        capabilities: ['returns-ids', 'document-ids', 'delete-by-ids'],
        scores: 'distance',
        reload: savedAndLoaded(FaissStore, newFolder),
      };
    },
  },
  LanceDB: {
    packages: ['@langchain/community', '@lancedb/lancedb'],
    open: async (newFolder) => {
      const { LanceDB } = await importPeer('@langchain/community/vectorstores/lancedb');
      return {
        create: async (embeddings) => new LanceDB(embeddings, { uri: newFolder() }),
        capabilities: [],
        scores: 'distance',
      };
    },
  },
};

function savedAndLoaded(Store, newFolder) {
  return async (store) => {
    const directory = newFolder();
    await store.save(directory);
    return Store.load(directory, store.embeddings);
  };
}
