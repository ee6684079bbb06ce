import type { Relevance } from './relevance.ts';
import { relevantCount } from './relevant-count.ts';
import { relevantRanks } from './relevant-ranks.ts';

/**
 * The share of all relevant documents that is among the first `k` of a ranking: trec_eval's recall. 0
 * when nothing is relevant. (The recall of the nearest float vectors, which needs no judgements, is
 * `overlap`.)
 *
 * @param ranking different ids, best first
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function recall(ranking: readonly string[], relevance: Relevance, k: number): number {
  const found = relevantRanks(ranking, relevance, k).length;
  return found === 0 ? 0 : found / relevantCount(relevance);
}
