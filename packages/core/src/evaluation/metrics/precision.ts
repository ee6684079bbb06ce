import type { Relevance } from './relevance.ts';
import { relevantRanks } from './relevant-ranks.ts';

/**
 * The share of relevant documents among the first `k` of a ranking. A ranking shorter than `k` counts
 * as filled up with what is not relevant: trec_eval's P.
 *
 * @param ranking different ids, best first
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function precision(ranking: readonly string[], relevance: Relevance, k: number): number {
  return relevantRanks(ranking, relevance, k).length / k;
}
