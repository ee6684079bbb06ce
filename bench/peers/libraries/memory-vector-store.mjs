// What a LangChain.js program starts with: every vector scored in JavaScript.
import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';

export const settings = [{ name: 'exact' }];

export async function build({ vectors, dimensions, rows }) {
  const store = new MemoryVectorStore({});
  const all = Array.from({ length: rows }, (_, i) =>
    Array.from(vectors.subarray(i * dimensions, (i + 1) * dimensions)),
  );
  await store.addVectors(
    all,
    all.map((_, i) => ({ pageContent: '', metadata: { row: i } })),
  );
  return {
    prepare: () => async (query, k) => {
      const found = await store.similaritySearchVectorWithScore(Array.from(query), k);
      return found.map(([document]) => document.metadata.row);
    },
  };
}
