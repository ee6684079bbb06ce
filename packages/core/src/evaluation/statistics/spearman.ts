import { averageRanks } from './average-ranks.ts';
import { checkPaired } from './check-paired.ts';
import { pearson } from './pearson.ts';

/**
 * Spearman's rank correlation, from -1 to 1: Pearson's of the ranks, where equal values share the mean
 * of theirs. It asks only whether both lists order the items alike. NaN when the values of one list are
 * all equal.
 *
 * @throws BitryoshkaError `dimension-mismatch` for lists of different lengths, `empty-input` for fewer
 *   than two values, or `not-finite`
 */
export function spearman(first: ArrayLike<number>, second: ArrayLike<number>): number {
  checkPaired(first, second, 2);
  return pearson(averageRanks(first), averageRanks(second));
}
