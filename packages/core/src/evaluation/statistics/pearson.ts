import { checkPaired } from './check-paired.ts';
import { mean } from './mean.ts';

/**
 * Pearson's product-moment correlation, from -1 to 1: how close the pairs lie to a straight line. NaN
 * when the values of one list are all equal, for then it is not defined.
 *
 * @throws BitryoshkaError `dimension-mismatch` for lists of different lengths, `empty-input` for fewer
 *   than two values, or `not-finite`
 */
export function pearson(first: ArrayLike<number>, second: ArrayLike<number>): number {
  checkPaired(first, second, 2);
  if (isConstant(first) || isConstant(second)) return Number.NaN;
  const firstMean = mean(first);
  const secondMean = mean(second);
  let products = 0;
  let firstSquares = 0;
  let secondSquares = 0;
  for (let i = 0; i < first.length; i++) {
    const x = first[i] - firstMean;
    const y = second[i] - secondMean;
    products += x * y;
    firstSquares += x * x;
    secondSquares += y * y;
  }
  const correlation = products / Math.sqrt(firstSquares * secondSquares);
  // Rounding can lead past the ends of the range by a few units in the last place.
  return Math.max(-1, Math.min(1, correlation));
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
