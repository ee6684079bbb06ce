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

/** The rank of every value from 1 for the smallest; equal values share the mean of their ranks. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
