import { dot } from './similarity.ts';

/**
 * Chooses among candidates, one after the other, the one that is close to the query and far from those
 * chosen before: the highest `lambda * score - (1 - lambda) * (cosine with the nearest chosen one)`.
 * Unlike the function in `@langchain/core` it copes with zero vectors, whose cosine is 0.
 *
 * Source: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998.
 *
 * @param scores cosines of query and candidates
 * @param vectors the candidates, of unit length
 * @param lambda 1: nothing but closeness; 0: nothing but variety
 * @returns positions of at most `k` candidates, in the order of choice
 */
export function maximalMarginalRelevance(
  scores: readonly number[],
  vectors: readonly Float32Array[],
  { k, lambda }: { readonly k: number; readonly lambda: number },
): number[] {
  const chosen: number[] = [];
  const left = new Set(scores.keys());
  const nearest = scores.map(() => -Infinity);
  while (chosen.length < k && left.size > 0) {
    let best = -1;
    let bestScore = -Infinity;
    for (const i of left) {
      // Nothing to be far from yet: the first choice is the closest candidate.
      const redundancy = chosen.length === 0 ? 0 : (1 - lambda) * (nearest[i] as number);
      const weight = chosen.length === 0 ? 1 : lambda;
      const score = weight * (scores[i] as number) - redundancy;
      if (best === -1 || score > bestScore) [best, bestScore] = [i, score];
    }
    chosen.push(best);
    left.delete(best);
    const latest = vectors[best] as Float32Array;
    for (const i of left) {
      nearest[i] = Math.max(nearest[i] as number, dot(vectors[i] as Float32Array, latest));
    }
  }
  return chosen;
}
