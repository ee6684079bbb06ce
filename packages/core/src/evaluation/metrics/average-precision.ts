import type { Relevance } from './relevance.ts';
import { relevantCount } from './relevant-count.ts';
import { relevantRanks } from './relevant-ranks.ts';

/**
 * Average precision of the first `k` of a ranking: the precision at the rank of each relevant document
 * that is found, summed and divided by the number of all relevant documents. So it stays below 1 where
 * more than `k` are relevant: trec_eval's map_cut. 0 when nothing is relevant.
 *
 * @param ranking different ids, best first
 * @throws BitryoshkaError `invalid-option` unless `k` is a whole number from 1 up
 */
export function averagePrecision(
  ranking: readonly string[],
  relevance: Relevance,
  k: number,
): number {
  const ranks = relevantRanks(ranking, relevance, k);
  if (ranks.length === 0) return 0;
  const sum = ranks.reduce((total, rank, i) => total + (i + 1) / rank, 0);
  return sum / relevantCount(relevance);
}
