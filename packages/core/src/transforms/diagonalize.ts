import type { Steps } from '../progress/steps.ts';
import type { Tridiagonal } from './tridiagonalize.ts';

/** Far below what matters beside a trace of 1. */
const negligible = 1e-20;

/** Turns rows `k` and `k + 1`: the first becomes `cosine · first + sine · second`. */
export type Turn = (k: number, cosine: number, sine: number) => void;

/**
 * Rotates neighbouring coordinates until nothing couples them: the eigenvalues are then on the diagonal, in no
 * particular order.
 *
 * Source: Golub and Van Loan, "Matrix Computations", section 8.3: QR steps with Wilkinson's shift.
 *
 * @param matrix of trace about 1; changed
 * @param turn called for every rotation
 */
export function* diagonalize({ diagonal, beside }: Tridiagonal, turn?: Turn): Steps<void> {
  const size = diagonal.length;
  let end = size - 1;
  // Two or three steps an eigenvalue are usual; the limit is there so that nothing can hang.
  for (let step = 0; end > 0 && step < 100 * size; step++) {
    let start = end;
    while (start > 0 && !isZero(diagonal, beside, start - 1)) start--;
    if (start === end) end--;
    else shiftedStep(diagonal, beside, start, end, turn);
    yield;
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
  turn: Turn | undefined,
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
    turn?.(k, cosine, sine);
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
