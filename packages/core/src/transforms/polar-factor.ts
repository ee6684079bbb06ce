import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';

/** Enough for singular values a millionth of the largest. */
const maximumRounds = 40;
/** From here on the cubic is quicker than the quintic, which never settles. */
const withinReach = 0.5;
/** The distance squares with every cubic round: one more from here is as close as float32 gets. */
const nearlyOrthogonal = 1e-3;

/**
 * The orthogonal matrix nearest to a square one (U Vᵀ of its singular value decomposition), by
 * polynomials that pull every singular value towards 1. They need matrix products only, so this runs
 * at the speed of the kernel.
 *
 * The matrix must not be singular: what has no direction cannot be turned. Small values are first raised by the quintic of K. Jordan et al., "Muon" (2024), 3.4 times a round;
 * then Newton–Schulz, X <- 3/2 X - 1/2 X Xᵀ X, converges quadratically.
 */
export function polarFactor(square: Matrix): Matrix {
  const norm = schattenNorm(square);
  let factor: Matrix = { ...square, data: square.data.map((value) => value / norm) };
  for (let round = 0; round < maximumRounds; round++) {
    const gram = defaultKernel().multiplyTransposed(factor, factor);
    const distance = distanceToIdentity(gram);
    if (distance > withinReach) {
      factor = polynomial(factor, gram, 3.4445, -4.775, 2.0315);
    } else {
      factor = polynomial(factor, gram, 1.5, -0.5, 0);
      if (distance < nearlyOrthogonal) break;
    }
  }
  return factor;
}

/** `(a I + b G + c G²) X` for the Gram matrix `G = X Xᵀ`. */
function polynomial(factor: Matrix, gram: Matrix, a: number, b: number, c: number): Matrix {
  const kernel = defaultKernel();
  const sum = new Float32Array(gram.data.length);
  // G is symmetric, so its product with its transpose is its square.
  const squared = c === 0 ? undefined : kernel.multiplyTransposed(gram, gram).data;
  for (let p = 0; p < sum.length; p++) {
    const identity = p % (gram.rows + 1) === 0 ? a : 0;
    sum[p] = identity + b * gram.data[p] + (squared ? c * squared[p] : 0);
  }
  return kernel.multiplyTransposed({ ...gram, data: sum }, transpose(factor));
}

/**
 * The Schatten 8-norm, (Σ σ⁸)^(1/8): never below the largest singular value, beyond which the quintic
 * diverges, and little above it.
 */
function schattenNorm(square: Matrix): number {
  const kernel = defaultKernel();
  const gram = kernel.multiplyTransposed(square, square);
  const squared = kernel.multiplyTransposed(gram, gram);
  let sum = 0;
  for (const value of squared.data) sum += value * value;
  return sum ** (1 / 8);
}

function distanceToIdentity({ rows, data }: Matrix): number {
  let largest = 0;
  for (let p = 0; p < data.length; p++) {
    const expected = p % (rows + 1) === 0 ? 1 : 0;
    largest = Math.max(largest, Math.abs(data[p] - expected));
  }
  return largest;
}
