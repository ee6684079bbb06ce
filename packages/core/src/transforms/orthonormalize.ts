import type { Steps } from '../progress/steps.ts';

/**
 * The Q factors of rows instead of columns: orthonormal rows, of which the first ones span what the first given ones
 * span.
 *
 * Source: Golub and Van Loan, "Matrix Computations", section 5.2: Householder reflections.
 *
 * @param vectors linearly independent rows of `length` values, no more than these; changed
 */
export function* orthonormalize(vectors: Float64Array, length: number): Steps<Float64Array> {
  const rows = vectors.length / length;
  for (let k = 0; k < rows; k++) {
    const at = k * length;
    let square = 0;
    for (let p = at + k; p < at + length; p++) square += vectors[p] * vectors[p];
    if (square === 0) continue;
    // Away from zero, so that no digits cancel.
    const norm = vectors[at + k] < 0 ? -Math.sqrt(square) : Math.sqrt(square);
    for (let p = at + k; p < at + length; p++) vectors[p] /= norm;
    vectors[at + k] += 1;
    reflectRows(vectors, k + 1, vectors, k, length);
    yield;
  }
  const orthonormal = new Float64Array(vectors.length);
  for (let k = rows - 1; k >= 0; k--) {
    orthonormal[k * length + k] = 1;
    if (vectors[k * length + k] === 0) continue;
    reflectRows(orthonormal, k, vectors, k, length);
    yield;
  }
  return orthonormal;
}

/** Reflects rows from `first` on. */
function reflectRows(
  values: Float64Array,
  first: number,
  reflectors: Float64Array,
  k: number,
  length: number,
): void {
  for (let to = first * length; to < values.length; to += length) {
    reflect(values, to, reflectors, k, length);
  }
}

/** Reflects the row at `to` with what row `k` of the reflectors holds from `k` on. */
function reflect(
  values: Float64Array,
  to: number,
  reflectors: Float64Array,
  k: number,
  length: number,
): void {
  const from = k * length;
  let along = 0;
  for (let i = k; i < length; i++) along += reflectors[from + i] * values[to + i];
  along /= reflectors[from + k];
  for (let i = k; i < length; i++) values[to + i] -= along * reflectors[from + i];
}
