export { connect } from '@lancedb/lancedb';
export { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
export { HNSWLib } from '@langchain/community/vectorstores/hnswlib';
export { LanceDB } from '@langchain/community/vectorstores/lancedb';
