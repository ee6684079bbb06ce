import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkCount } from '../../errors/check-count.ts';
import { averagePrecision } from './average-precision.ts';
import { ndcg } from './ndcg.ts';
import { precision } from './precision.ts';
import { recall } from './recall.ts';
import { reciprocalRank } from './reciprocal-rank.ts';
import type { Relevance } from './relevance.ts';

/** What `rankingMetrics` measures. */
export type RankingMetric = 'ndcg' | 'reciprocalRank' | 'averagePrecision' | 'precision' | 'recall';

/** One value per query, by metric. */
export type RankingMetrics = Readonly<Record<RankingMetric, Float64Array>>;

const metrics: Readonly<Record<RankingMetric, typeof ndcg>> = {
  ndcg,
  reciprocalRank,
  averagePrecision,
  precision,
  recall,
};

/**
 * Every metric of every query, cut at `k`: their means are nDCG@k, MRR@k, MAP@k and so on, and
 * `pairedBootstrap` compares two systems by them.
 *
 * The values are trec_eval's for the same order. From a file of scores trec_eval makes its own order:
 * it puts documents of equal score in descending order of their ids. A ranking given here is taken as
 * it is, so order ties that way first where the values must be equal.
 *
 * @param rankings document ids, best first, different within a ranking; one ranking per query
 * @param relevance one per ranking
 * @throws BitryoshkaError `dimension-mismatch` when there are not as many judgements as rankings, or
 *   `invalid-option` unless `k` is a whole number from 1 up
 */
export function rankingMetrics(
  rankings: readonly (readonly string[])[],
  relevance: readonly Relevance[],
  k: number,
): RankingMetrics {
  checkCount('k', k, 1);
  if (rankings.length !== relevance.length) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `relevance: got the judgements of ${relevance.length} queries, expected ${rankings.length} as there are rankings.`,
      remedy: 'Pass an empty map for a query without judgements.',
    });
  }
  const measure = (metric: RankingMetric) =>
    Float64Array.from(rankings, (ranking, i) => metrics[metric](ranking, relevance[i], k));
  return {
    ndcg: measure('ndcg'),
    reciprocalRank: measure('reciprocalRank'),
    averagePrecision: measure('averagePrecision'),
    precision: measure('precision'),
    recall: measure('recall'),
  };
}
