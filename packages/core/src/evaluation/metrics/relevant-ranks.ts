import { checkCount } from '../../errors/check-count.ts';
import type { Relevance } from './relevance.ts';

/**
 * The ranks, counted from 1, of the relevant documents among the first `k`, in increasing order. What
 * nobody judged counts as not relevant, as in trec_eval.
 *
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function relevantRanks(
  ranking: readonly string[],
  relevance: Relevance,
  k: number,
): number[] {
  checkCount('k', k, 1);
  return ranking
    .slice(0, k)
    .flatMap((id, position) => ((relevance.get(id) ?? 0) > 0 ? [position + 1] : []));
}
