// A vector store under the suite of @bitryoshka/langchain/testing, by Jest or by node:test.
const { BinaryVectorStore } = require('@bitryoshka/langchain');
const { testVectorStore } = require('@bitryoshka/langchain/testing');

const runner = globalThis.describe ? globalThis : require('node:test');

testVectorStore({
  runner: { describe: runner.describe, it: runner.it },
  create: async (embeddings) => new BinaryVectorStore(embeddings),
  capabilities: ['returns-ids', 'upsert', 'delete-by-ids', 'filter-operators', 'copies'],
});
