/** Far below what matters beside a trace of 1. */
const negligible = 1e-20;

/**
 * The eigenvalues of a symmetric matrix of trace about 1, in no particular order. Without the
 * eigenvectors, which nobody needs here, this takes a small part of the time of a full decomposition.
 * Source: Golub and Van Loan, "Matrix Computations", section 8.3: Householder reflections to
 * tridiagonal form, then QR steps with Wilkinson's shift.
 *
 * @param matrix `size x size`, of which the lower triangle is read
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const { diagonal, beside } = tridiagonalize(matrix.slice(), size);
  let end = size - 1;
  // Two or three steps an eigenvalue are usual; the limit is there so that nothing can hang.
  for (let step = 0; end > 0 && step < 100 * size; step++) {
    let start = end;
    while (start > 0 && !isZero(diagonal, beside, start - 1)) start--;
    if (start === end) end--;
    else shiftedStep(diagonal, beside, start, end);
  }
  return diagonal;
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry `i` couples `i` and `i + 1`. */
  readonly beside: Float64Array;
}

/** Works in `a`, whose rows it leaves behind in ruins. */
function tridiagonalize(a: Float64Array, size: number): Tridiagonal {
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
      continue;
    }
    // Away from zero, so that no digits cancel.
    const length = near > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[last - 1] = length;
    reflector[last - 1] = near - length;
    reflect(a, size, { last, reflector, update, scale: 1 / (square - near * length) });
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

function isZero(diagonal: Float64Array, beside: Float64Array, i: number): boolean {
  const around = Math.abs(diagonal[i]) + Math.abs(diagonal[i + 1]);
  return Math.abs(beside[i]) <= Number.EPSILON * around + negligible;
}

function shiftedStep(
  diagonal: Float64Array,
  beside: Float64Array,
  start: number,
  end: number,
): void {
  const corner = beside[end - 1];
  const delta = (diagonal[end - 1] - diagonal[end]) / 2;
  const root = Math.sqrt(delta * delta + corner * corner);
  const shift = diagonal[end] - (corner * corner) / (delta < 0 ? delta - root : delta + root);
  let x = diagonal[start] - shift;
  let z = beside[start];
  for (let k = start; k < end; k++) {
    const length = Math.sqrt(x * x + z * z);
    const cosine = length > 0 ? x / length : 1;
    const sine = length > 0 ? z / length : 0;
    if (k > start) beside[k - 1] = length;
    const [first, second, between] = [diagonal[k], diagonal[k + 1], beside[k]];
    const mixed = 2 * cosine * sine * between;
    diagonal[k] = cosine * cosine * first + mixed + sine * sine * second;
    diagonal[k + 1] = sine * sine * first - mixed + cosine * cosine * second;
    beside[k] = cosine * sine * (second - first) + (cosine * cosine - sine * sine) * between;
    if (k < end - 1) {
      x = beside[k];
      z = sine * beside[k + 1];
      beside[k + 1] *= cosine;
    }
  }
}
