/** How much the first places count: the value of the paper. */
const k = 60;

/**
 * Reciprocal rank fusion: a passage scores the sum of 1 / (k + rank) over the rankings it is in.
 *
 * Source: Cormack, Clarke and Büttcher, SIGIR 2009.
 *
 * @param rankings lists of numbers of passages for one question, the best first
 * @returns one such list
 */
export function fuseRankings(rankings) {
  const scores = new Map();
  for (const ranking of rankings) {
    for (const [i, passage] of ranking.entries()) {
      scores.set(passage, (scores.get(passage) ?? 0) + 1 / (k + i + 1));
    }
  }
  return [...scores].sort(([a, x], [b, y]) => y - x || a - b).map(([passage]) => passage);
}
