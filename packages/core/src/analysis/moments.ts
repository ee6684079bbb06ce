import type { Matrix } from '../vectors/matrix.ts';

/**
 * Count, mean and the sums of the 2nd, 3rd and 4th powers of the deviations from it, for every column.
 * Parts that were summed apart merge into the moments of the whole.
 */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  readonly power2: Float64Array;
  readonly power3: Float64Array;
  readonly power4: Float64Array;
}

/** The moments of the rows; the deviations are taken from the exact mean, in a second pass. */
export function momentsOf({ rows, columns, data }: Matrix): Moments {
  const mean = new Float64Array(columns);
  const power2 = new Float64Array(columns);
  const power3 = new Float64Array(columns);
  const power4 = new Float64Array(columns);
  if (rows === 0) return { count: 0, mean, power2, power3, power4 };
  for (let i = 0; i < rows; i++) {
    const offset = i * columns;
    for (let j = 0; j < columns; j++) mean[j] += data[offset + j];
  }
  for (let j = 0; j < columns; j++) mean[j] /= rows;
  for (let i = 0; i < rows; i++) {
    const offset = i * columns;
    for (let j = 0; j < columns; j++) {
      const deviation = data[offset + j] - mean[j];
      const square = deviation * deviation;
      power2[j] += square;
      power3[j] += square * deviation;
      power4[j] += square * square;
    }
  }
  return { count: rows, mean, power2, power3, power4 };
}

/**
 * The moments of two parts together.
 * Source: Pébay, "Formulas for robust, one-pass parallel computation of covariances and
 * arbitrary-order statistical moments" (2008), after Chan, Golub and LeVeque (1979).
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const columns = a.mean.length;
  const count = a.count + b.count;
  // Shares instead of counts: products of counts would lose digits long before the data does.
  const shareA = a.count / count;
  const shareB = b.count / count;
  const mean = new Float64Array(columns);
  const power2 = new Float64Array(columns);
  const power3 = new Float64Array(columns);
  const power4 = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    const delta = b.mean[j] - a.mean[j];
    const delta2 = delta * delta;
    const both = a.count * shareB * delta2;
    mean[j] = a.mean[j] + delta * shareB;
    power2[j] = a.power2[j] + b.power2[j] + both;
    power3[j] =
      a.power3[j] +
      b.power3[j] +
      both * delta * (shareA - shareB) +
      3 * delta * (shareA * b.power2[j] - shareB * a.power2[j]);
    power4[j] =
      a.power4[j] +
      b.power4[j] +
      both * delta2 * (shareA * shareA - shareA * shareB + shareB * shareB) +
      6 * delta2 * (shareA * shareA * b.power2[j] + shareB * shareB * a.power2[j]) +
      4 * delta * (shareA * b.power3[j] - shareB * a.power3[j]);
  }
  return { count, mean, power2, power3, power4 };
}
