import { BinaryVectorStore } from '@bitryoshka/langchain';

/** What a person might look through, and what either side of a hybrid search hands on. */
const k = 100;

/**
 * The best passages for each question, as a hybrid store finds them: what the command line shows.
 *
 * @param embeddings MatryoshkaEmbeddings
 * @returns numbers of passages, the best first, for each question
 */
export async function rankByStore(embeddings, passages, questions) {
  const store = new BinaryVectorStore(embeddings, { hybrid: true });
  const documents = passages.map(({ searched }) => ({ pageContent: searched, metadata: {} }));
  await store.addDocuments(documents, { ids: passages.map((_, i) => String(i)) });
  const rankings = [];
  for (const { question } of questions) {
    const found = await store.similaritySearch(question, k);
    rankings.push(found.map(({ id }) => Number(id)));
  }
  await store.close();
  return rankings;
}
