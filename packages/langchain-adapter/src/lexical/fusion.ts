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
 * The sums are stretched over the range of the cosines: the best row has the highest cosine of all, the last one the
 * lowest. With vectors alone they are the cosines themselves.
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
  const byVectors = standardize(cosines.map(({ score }) => score));
  const byWords = standardize(cosines.map(({ row }) => gains.get(row) ?? words.otherwise));
  // Words that do not tell the rows apart say nothing.
  if (alpha === 1 || byWords.every((value) => value === 0)) {
    return cosines.toSorted((a, b) => b.score - a.score || a.row - b.row);
  }
  const sums = cosines.map(
    (_, i) => alpha * (byVectors[i] as number) + (1 - alpha) * (byWords[i] as number),
  );
  const [low, high] = rangeOf(sums);
  const [lowest, highest] = rangeOf(cosines.map(({ score }) => score));
  return cosines
    .map(({ row, score: cosine }, i) => {
      const place = ((sums[i] as number) - low) / (high - low || 1);
      return { row, cosine, place };
    })
    .sort((a, b) => b.place - a.place || b.cosine - a.cosine || a.row - b.row)
    .map(({ row, place }) => ({ row, score: lowest * (1 - place) + highest * place }));
}

/** Each in deviations from the mean of all; zeros where all are the same. */
function standardize(values: readonly number[]): number[] {
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  return values.map((value) => (deviation < leastDeviation ? 0 : (value - mean) / deviation));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rangeOf(values: readonly number[]): [lowest: number, highest: number] {
  // Not by Math.min(...values), which takes some ten thousand at most.
  return values.reduce<[number, number]>(
    ([lowest, highest], value) => [Math.min(lowest, value), Math.max(highest, value)],
    [Infinity, -Infinity],
  );
}
