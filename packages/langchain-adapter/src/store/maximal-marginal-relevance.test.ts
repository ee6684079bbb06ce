import { maximalMarginalRelevance as upstream } from '@langchain/core/utils/math';
import { expect, it } from 'vitest';
import { maximalMarginalRelevance } from './maximal-marginal-relevance.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

it('chooses what LangChain chooses', async () => {
  const embeddings = new WordEmbeddings(16);
  for (let round = 0; round < 50; round++) {
    const texts = Array.from({ length: 12 }, (_, i) => `${round} ${i % 7} ${(i * round) % 5}`);
    const query = unit(await embeddings.embedQuery(`${round} 3`));
    const vectors = (await embeddings.embedDocuments(texts)).map(unit);
    const scores = vectors.map((vector) => vector.reduce((sum, v, j) => sum + v * query[j], 0));
    const lambda = (round % 10) / 10 + 0.05;
    const chosen = maximalMarginalRelevance(scores, vectors, { k: 6, lambda });
    const expected = upstream(
      [...query],
      vectors.map((vector) => [...vector]),
      lambda,
      6,
    );
    // Texts may be the same, so compare them rather than their places.
    expect(chosen.map((i) => texts[i])).toEqual(expected.map((i) => texts[i]));
  }
});

function unit(vector: number[]): Float32Array {
  const norm = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => value / norm);
}
