import type { Relevance } from './relevance.ts';
import { relevantRanks } from './relevant-ranks.ts';

/**
 * 1 / rank of the first relevant document among the first `k` of a ranking, 0 when there is none. Its
 * mean over queries is MRR@k: trec_eval's recip_rank of a run that is cut at `k`.
 *
 * @param ranking different ids, best first
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function reciprocalRank(
  ranking: readonly string[],
  relevance: Relevance,
  k: number,
): number {
  const [first] = relevantRanks(ranking, relevance, k);
  return first === undefined ? 0 : 1 / first;
}
