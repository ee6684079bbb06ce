import { ExactIndex, row } from '@bitryoshka/core';

/**
 * All passages for each question, by the float cosine of their vectors.
 *
 * @param embeddings MatryoshkaEmbeddings
 * @returns numbers of passages, the best first, for each question
 */
export async function rankByVectors(embeddings, passages, questions) {
  const documents = await embeddings.embedMatrix(
    passages.map(({ searched }) => searched),
    'document',
  );
  const queries = await embeddings.embedMatrix(
    questions.map(({ question }) => question),
    'query',
  );
  const index = new ExactIndex(documents.columns);
  index.add(documents);
  return questions.map((_, i) =>
    index.search(row(queries, i), { k: passages.length }).map((found) => found.row),
  );
}
