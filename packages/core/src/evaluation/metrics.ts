/** Graded relevance of documents for one query, by document id; absent means 0. */
export type Relevance = ReadonlyMap<string, number>;

/**
 * Normalised discounted cumulative gain of the first `k` of a ranking: the sum of grade / log2(rank + 1),
 * divided by that of the best possible ranking. 0 when nothing is relevant.
 *
 * Source: Järvelin and Kekäläinen, TOIS 2002, with linear gain as in trec_eval's ndcg_cut.
 */
export function ndcg(ranking: readonly string[], relevance: Relevance, k: number): number {
  const ideal = [...relevance.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discountedGain(ideal, k);
  if (best === 0) return 0;
  return (
    discountedGain(
      ranking.map((id) => Math.max(0, relevance.get(id) ?? 0)),
      k,
    ) / best
  );
}

function discountedGain(grades: readonly number[], k: number): number {
  return grades
    .slice(0, k)
    .reduce((sum, grade, position) => sum + grade / Math.log2(position + 2), 0);
}

/** The share of `expected` that is among `found`; 1 when nothing is expected. */
export function overlap<T>(found: readonly T[], expected: readonly T[]): number {
  if (expected.length === 0) return 1;
  const set = new Set(found);
  return expected.filter((item) => set.has(item)).length / expected.length;
}
