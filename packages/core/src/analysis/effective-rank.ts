import { symmetricEigenvalues } from '../transforms/symmetric-eigenvalues.ts';

/**
 * exp(entropy of the eigenvalues) of a covariance matrix or a multiple of it, from 1 to `size`; `null` for zero.
 * Source: Roy and Vetterli, "The effective rank: a measure of effective dimensionality" (2007).
 */
export function effectiveRank(covariance: Float64Array, size: number): number | null {
  let trace = 0;
  for (let j = 0; j < size; j++) trace += covariance[j * size + j];
  if (trace === 0) return null;
  const shares = symmetricEigenvalues(
    covariance.map((value) => value / trace),
    size,
  );
  // Rounding makes small negative numbers of eigenvalues that are zero.
  return Math.exp(
    shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0),
  );
}
