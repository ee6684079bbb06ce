/**
 * A variance up to which a dimension carries nothing: a millionth of the mean one, which is a deviation
 * of a thousandth. Real models have such dimensions, all but zero, whose noise would pass for
 * correlation and for drift.
 */
export function negligibleVariance(variances: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < variances.length; j++) sum += variances[j];
  return (1e-6 * sum) / variances.length;
}
