import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import type { ThresholdStatistic } from './statistics.ts';

/**
 * A statistic of few values, drawn towards what is known already by as much as it is uncertain:
 * `prior + w (s - prior)` with s the statistic and w from 0 to 1.
 *
 * With true differences of variance τ² from the prior and sampling errors of variance v, the best
 * linear estimate has w = τ² / (τ² + v), which is n / (n + c) for v = σ²/n and c = σ²/τ². Across the
 * columns, mean (s - prior)² estimates τ² + v. For any statistic, v is estimated from its values a and b
 * on two halves of the rows, as mean (a - b)² / 4. So w = 1 - Σ (a - b)² / (4 Σ (s - prior)²), and not
 * below 0: one weight for all columns, because one column alone says too little about τ².
 *
 * Source: the positive-part James–Stein estimator as empirical Bayes (Efron and Morris, "Stein's
 * Estimation Rule and Its Competitors", Journal of the American Statistical Association 68, 1973);
 * variance from random groups (Wolter, "Introduction to Variance Estimation", chapter 2).
 *
 * @param values any number of rows; with fewer than two, the result is the prior
 */
export function shrinkTowards(
  prior: Float32Array,
  values: Matrix,
  statistic: ThresholdStatistic,
): Float32Array {
  if (values.rows < 2) return prior.slice();
  const estimate = statistic(values);
  const [even, odd] = [0, 1].map((first) => statistic(everySecondRow(values, first)));
  let error = 0;
  let difference = 0;
  for (let j = 0; j < prior.length; j++) {
    error += (even[j] - odd[j]) ** 2 / 4;
    difference += (estimate[j] - prior[j]) ** 2;
  }
  const weight = difference > error ? 1 - error / difference : 0;
  return prior.map((value, j) => value + weight * (estimate[j] - value));
}

function everySecondRow({ rows, columns, data }: Matrix, first: number): Matrix {
  const half = zeros(Math.ceil((rows - first) / 2), columns);
  for (let i = 0; i < half.rows; i++) {
    const from = (2 * i + first) * columns;
    half.data.set(data.subarray(from, from + columns), i * columns);
  }
  return half;
}
