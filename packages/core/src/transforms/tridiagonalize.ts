import type { Steps } from '../progress/steps.ts';

/** Far below what matters beside a trace of 1. */
const negligible = 1e-20;

export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry `i` couples `i` and `i + 1`. */
  readonly beside: Float64Array;
}

/**
 * A symmetric matrix `A` of trace about 1 in the form `T = W A Wᵀ` with an orthogonal `W`, the product of
 * reflections `H_1 H_2 … H_(size-1)`, `H_i = I - scale · r rᵀ`.
 *
 * Source: Golub and Van Loan, "Matrix Computations", section 8.3.
 *
 * @param a `size x size`, of which the lower triangle is read. Afterwards row `i` holds the `i` values of r in
 *   `H_i`, and its scale on the diagonal: 0 where nothing is reflected
 */
export function* tridiagonalize(a: Float64Array, size: number): Steps<Tridiagonal> {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(Math.max(0, size - 1));
  const reflector = new Float64Array(size);
  const update = new Float64Array(size);
  // From the last row up: what is left is always the leading triangle, and rows are read in order.
  for (let last = size - 1; last > 0; last--) {
    const offset = last * size;
    diagonal[last] = a[offset + last];
    let square = 0;
    for (let j = 0; j < last; j++) {
      reflector[j] = a[offset + j];
      square += reflector[j] * reflector[j];
    }
    const near = reflector[last - 1];
    // What is left of equal rows is rounding, and that of rounding would underflow.
    if (square === near * near || square < negligible * negligible) {
      beside[last - 1] = near;
      a[offset + last] = 0;
      continue;
    }
    // Away from zero, so that no digits cancel.
    const length = near > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[last - 1] = length;
    reflector[last - 1] = near - length;
    const scale = 1 / (square - near * length);
    reflect(a, size, { last, reflector, update, scale });
    a.set(reflector.subarray(0, last), offset);
    a[offset + last] = scale;
    yield;
  }
  diagonal[0] = a[0];
  return { diagonal, beside };
}

interface Reflection {
  readonly last: number;
  readonly reflector: Float64Array;
  /** Room for the product of the matrix with the reflector. */
  readonly update: Float64Array;
  /** `2 / |reflector|²` */
  readonly scale: number;
}

/** The leading `last x last` triangle of `H A H`, with the reflection `H = I - scale · r rᵀ`. */
function reflect(
  a: Float64Array,
  size: number,
  { last, reflector, update, scale }: Reflection,
): void {
  update.fill(0, 0, last);
  for (let i = 0; i < last; i++) {
    const offset = i * size;
    const own = reflector[i];
    let sum = a[offset + i] * own;
    for (let j = 0; j < i; j++) {
      sum += a[offset + j] * reflector[j];
      update[j] += a[offset + j] * own;
    }
    update[i] += sum;
  }
  let product = 0;
  for (let i = 0; i < last; i++) product += update[i] * reflector[i];
  const half = (scale * scale * product) / 2;
  for (let i = 0; i < last; i++) update[i] = scale * update[i] - half * reflector[i];
  for (let i = 0; i < last; i++) {
    const offset = i * size;
    const [r, u] = [reflector[i], update[i]];
    for (let j = 0; j <= i; j++) a[offset + j] -= r * update[j] + u * reflector[j];
  }
}
