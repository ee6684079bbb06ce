import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose, zeros } from '../vectors/matrix.ts';

/** Enough for singular values a millionth of the largest. */
const maximumRounds = 40;
/** From here on the cubic is quicker than the quintic, which never settles. */
const withinReach = 0.5;
/** The distance squares with every cubic round: one more from here is as close as float32 gets. */
const nearlyOrthogonal = 1e-3;

/**
 * The orthogonal matrices nearest to square ones (U Vᵀ of their singular value decompositions), by
 * polynomials that pull every singular value towards 1. They need matrix products only, so this runs
 * at the speed of the kernel. Matrices of the same size are computed in the same memory.
 *
 * No matrix must be singular: what has no direction cannot be turned. Small values are first raised by the
 * quintic of K. Jordan et al., "Muon" (2024), 3.4 times a round; then Newton–Schulz,
 * X <- 3/2 X - 1/2 X Xᵀ X, converges quadratically.
 */
export class PolarFactors {
  readonly #gram: Matrix;
  readonly #squared: Matrix;
  readonly #transposed: Matrix;
  /** What a round starts from, and what it makes of it. */
  #factor: Matrix;
  #next: Matrix;

  constructor(size: number) {
    this.#gram = zeros(size, size);
    this.#squared = zeros(size, size);
    this.#transposed = zeros(size, size);
    this.#factor = zeros(size, size);
    this.#next = zeros(size, size);
  }

  /** @returns a matrix that is valid until the next call */
  *of(square: Matrix): Steps<Matrix> {
    const norm = this.#schattenNorm(square);
    for (let p = 0; p < square.data.length; p++) this.#factor.data[p] = square.data[p] / norm;
    for (let round = 0; round < maximumRounds; round++) {
      matrixKernel().multiplyTransposed(this.#factor, this.#factor, undefined, this.#gram);
      const distance = distanceToIdentity(this.#gram);
      if (distance > withinReach) {
        this.#applyPolynomial(3.4445, -4.775, 2.0315);
      } else {
        this.#applyPolynomial(1.5, -0.5, 0);
        if (distance < nearlyOrthogonal) break;
      }
      yield;
    }
    return this.#factor;
  }

  /** `(a I + b G + c G²) X` for the Gram matrix `G = X Xᵀ`. */
  #applyPolynomial(a: number, b: number, c: number): void {
    const kernel = matrixKernel();
    const [gram, squared] = [this.#gram, this.#squared];
    // G is symmetric, so its product with its transpose is its square.
    if (c !== 0) kernel.multiplyTransposed(gram, gram, undefined, squared);
    for (let p = 0; p < gram.data.length; p++) {
      const identity = p % (gram.rows + 1) === 0 ? a : 0;
      squared.data[p] = identity + b * gram.data[p] + (c !== 0 ? c * squared.data[p] : 0);
    }
    const transposed = transpose(this.#factor, this.#transposed);
    kernel.multiplyTransposed(squared, transposed, undefined, this.#next);
    [this.#factor, this.#next] = [this.#next, this.#factor];
  }

  /**
   * The Schatten 8-norm, (Σ σ⁸)^(1/8): never below the largest singular value, beyond which the quintic
   * diverges, and little above it.
   */
  #schattenNorm(square: Matrix): number {
    const kernel = matrixKernel();
    kernel.multiplyTransposed(square, square, undefined, this.#gram);
    kernel.multiplyTransposed(this.#gram, this.#gram, undefined, this.#squared);
    let sum = 0;
    for (const value of this.#squared.data) sum += value * value;
    return sum ** (1 / 8);
  }
}

function distanceToIdentity({ rows, data }: Matrix): number {
  let largest = 0;
  for (let p = 0; p < data.length; p++) {
    const expected = p % (rows + 1) === 0 ? 1 : 0;
    largest = Math.max(largest, Math.abs(data[p] - expected));
  }
  return largest;
}
