import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, transpose, zeros } from '../vectors/matrix.ts';
import { PolarFactors } from './polar-factors.ts';

/** Rows per block: the products within a block are float32, their sum over the blocks is float64. */
const blockRows = 512;
/** How much further than ITQ's rounds these go; from 3 on, long codes overshoot. */
const relaxation = 2.5;
/** Relative to the mean of the diagonal, which holds sums of absolute values. */
const ridge = 1e-3;

/**
 * A rotation R that brings the rows of a matrix Z closer to the corners of the hypercube, in rounds that share their
 * memory: B = sign(Z R) and R = the orthogonal factor of Zᵀ B, in turns, as in ITQ.
 *
 * ITQ's rounds are short: each goes only as far as is best for the signs as they are. So the antisymmetric part
 * of the product, by which it turns, is enlarged, which takes a third of the rounds and comes to rest at the same
 * rotations, those that make the product symmetric. Source of the idea: Salakhutdinov and Roweis, "Adaptive
 * Overrelaxed Bound Optimization Methods", ICML 2003.
 */
export class RotationImprovement {
  /** One row per output, as `weights` of an affine map. */
  rotation: Matrix;
  /** Blocks of Z, and their transposes. */
  readonly #blocks: readonly (readonly [Matrix, Matrix])[];
  readonly #sums: Float64Array;
  readonly #rotated: Float32Array;
  readonly #product: Matrix;
  readonly #factors: PolarFactors;
  readonly #turned: Matrix;
  #next: Matrix;
  #relaxation = relaxation;
  /** The sum of the absolute values of the rotated vectors, which is to become as large as can be. */
  #closeness = 0;

  constructor(projected: Matrix, rotation: Matrix) {
    const { rows, columns: size } = projected;
    this.rotation = rotation;
    this.#blocks = Array.from({ length: Math.ceil(rows / blockRows) }, (_, i) => {
      const block = rowRange(projected, i * blockRows, Math.min(rows, (i + 1) * blockRows));
      return [block, transpose(block)] as const;
    });
    this.#sums = new Float64Array(size * size);
    this.#rotated = new Float32Array(size * blockRows);
    this.#product = zeros(size, size);
    this.#factors = new PolarFactors(size);
    this.#turned = zeros(size, size);
    this.#next = zeros(size, size);
  }

  /**
   * One round. The factor is taken of the *rotated* vectors' product with their signs, which is nearly
   * symmetric, and applied on top of the rotation so far.
   */
  *improve(): Steps<void> {
    const kernel = matrixKernel();
    yield* this.#multiplySigns();
    kernel.multiplyTransposed(this.#product, this.rotation, undefined, this.#turned);
    const closeness = trace(this.#turned);
    // Too far: ITQ's own rounds are never.
    if (closeness < this.#closeness) this.#relaxation = 1;
    this.#closeness = closeness;
    prepare(this.#turned, closeness, this.#relaxation);
    const update = yield* this.#factors.of(this.#turned);
    const transposed = transpose(this.rotation, this.#product);
    kernel.multiplyTransposed(update, transposed, undefined, this.#next);
    [this.rotation, this.#next] = [this.#next, this.rotation];
  }

  /** Bᵀ Z: the transpose, since rotations are kept with one row per output. */
  *#multiplySigns(): Steps<void> {
    const kernel = matrixKernel();
    const { rows: size, data: product } = this.#product;
    const sums = this.#sums.fill(0);
    for (const [block, transposed] of this.#blocks) {
      const data = this.#rotated.subarray(0, size * block.rows);
      const rotated = { rows: size, columns: block.rows, data };
      takeSigns(kernel.multiplyTransposed(this.rotation, block, undefined, rotated));
      kernel.multiplyTransposed(rotated, transposed, undefined, this.#product);
      for (let p = 0; p < sums.length; p++) sums[p] += product[p];
      yield;
    }
    product.set(sums);
  }
}

/** By the bits of float32: without branches, which signs would lead astray every other time. */
function takeSigns({ data }: Matrix): void {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let p = 0; p < bits.length; p++) bits[p] = (bits[p] & 0x80000000) | 0x3f800000;
}

/**
 * Enlarges the antisymmetric part, and favours turning by nothing, a little: directions in which the vectors do not
 * spread (there may be fewer vectors than bits) would make the matrix singular; where the rotation comes to rest is
 * the same, as the matrix is symmetric and positive there.
 */
function prepare({ rows: size, data }: Matrix, closeness: number, relaxed: number): void {
  // All vectors alike: nothing to learn, and any positive multiple of the identity says so.
  const addend = closeness > 0 ? (ridge * closeness) / size : 1;
  for (let i = 0; i < size; i++) {
    data[i * (size + 1)] += addend;
    for (let j = 0; j < i; j++) {
      const lower = data[i * size + j];
      const upper = data[j * size + i];
      const symmetric = (lower + upper) / 2;
      const antisymmetric = (relaxed * (lower - upper)) / 2;
      data[i * size + j] = symmetric + antisymmetric;
      data[j * size + i] = symmetric - antisymmetric;
    }
  }
}

function trace({ rows, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += data[i * (rows + 1)];
  return sum;
}
