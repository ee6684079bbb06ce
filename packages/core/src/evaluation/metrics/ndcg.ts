import { checkCount } from '../../errors/check-count.ts';
import type { Relevance } from './relevance.ts';

/**
 * Normalised discounted cumulative gain of the first `k` of a ranking: the sum of grade / log2(rank + 1),
 * divided by that of the best possible ranking. 0 when nothing is relevant.
 *
 * Source: Järvelin and Kekäläinen, TOIS 2002, with linear gain as in trec_eval's ndcg_cut.
 *
 * @param ranking different ids, best first
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function ndcg(ranking: readonly string[], relevance: Relevance, k: number): number {
  checkCount('k', k, 1);
  const ideal = [...relevance.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discountedGain(ideal, k);
  if (best === 0) return 0;
  return (
    discountedGain(
      ranking.slice(0, k).map((id) => Math.max(0, relevance.get(id) ?? 0)),
      k,
    ) / best
  );
}

function discountedGain(grades: readonly number[], k: number): number {
  return grades
    .slice(0, k)
    .reduce((sum, grade, position) => sum + grade / Math.log2(position + 2), 0);
}
