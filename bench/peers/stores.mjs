export { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
export { HNSWLib } from '@langchain/community/vectorstores/hnswlib';
