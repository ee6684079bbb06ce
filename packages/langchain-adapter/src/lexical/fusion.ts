import type { ScoredRow } from '@bitryoshka/core';

/** What a search for words found, best first. */
export interface ScoredList {
  readonly found: readonly ScoredRow[];
  /** The score of a row that is not among them, or the most that it can be. */
  readonly otherwise: number;
}

/** Less is rounding. */
const leastDeviation = 1e-6;

/**
 * Fuses what vectors and words say of rows. Scores of each side are counted in standard deviations from their mean
 * over the rows, so that neither scale matters, and added up by weight. Other than ranks, they tell a clear answer
 * from the best of many poor ones.
 *
 * The result is on the scale of the cosines: `alpha * cosine + (1 - alpha) * words`, where the scores by words were
 * given the mean and the deviation of the cosines. It orders the rows of one query; across queries it means no more
 * than cosines do.
 *
 * Source: the convex combination of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval",
 * ACM TOIS 2023, of standardized scores.
 *
 * @param cosines of all rows that either side found
 * @param alpha what the cosines count: 1 for these alone, 0 for words alone
 * @returns the rows, best first; among equal ones that with the higher cosine, then the lower one
 */
export function fuse(cosines: readonly ScoredRow[], words: ScoredList, alpha: number): ScoredRow[] {
  const gains = new Map(words.found.map(({ row, score }) => [row, score]));
  const gainOf = ({ row }: ScoredRow) => gains.get(row) ?? words.otherwise;
  const byVectors = distribution(cosines.map(({ score }) => score));
  const byWords = distribution(cosines.map(gainOf));
  // Words that do not tell the rows apart say nothing.
  const share = byWords.deviation === 0 ? 1 : alpha;
  return cosines
    .map((candidate) => {
      const { row, score: cosine } = candidate;
      const standing = (1 - share) * standard(gainOf(candidate), byWords);
      const { mean, deviation } = byVectors;
      return {
        row,
        cosine,
        order: share * standard(cosine, byVectors) + standing,
        score: share * cosine + (1 - share) * mean + standing * deviation,
      };
    })
    .sort((a, b) => b.order - a.order || b.cosine - a.cosine || a.row - b.row)
    .map(({ row, score }) => ({ row, score: Math.max(-1, Math.min(1, score)) }));
}

interface Distribution {
  readonly mean: number;
  /** 0 where all values are the same. */
  readonly deviation: number;
}

function distribution(values: readonly number[]): Distribution {
  const meanOf = (list: readonly number[]) =>
    list.reduce((sum, value) => sum + value, 0) / list.length;
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  return { mean, deviation: deviation < leastDeviation ? 0 : deviation };
}

/** In deviations from the mean. */
function standard(value: number, { mean, deviation }: Distribution): number {
  return deviation === 0 ? 0 : (value - mean) / deviation;
}
