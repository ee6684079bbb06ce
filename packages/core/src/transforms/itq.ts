import { defaultKernel } from '../kernels/default-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows, transpose, zeros } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import type { AffineMap } from './affine-map.ts';
import { applyAffineMap, composeWithMatrix } from './affine-map.ts';
import { CrossProducts } from './cross-products.ts';
import { fitPca } from './pca.ts';
import { PolarFactors } from './polar-factors.ts';
import { randomRotation } from './random-rotation.ts';

export interface ItqOptions extends TaskOptions {
  readonly outputDimensions: number;
  /** Default: 30; the paper's 50 find no more neighbours on sentence embeddings. */
  readonly iterations?: number;
  readonly seed?: number;
  /** Vectors that the rotation is learned from, at most; the components are learned from all. */
  readonly sampleSize?: number;
}

/**
 * Iterative quantization: principal components, then the rotation within them that brings the vectors
 * closest to the corners of the hypercube, so that taking signs loses least.
 *
 * Source: Gong and Lazebnik, "Iterative Quantization: A Procrustean Approach to Learning Binary
 * Codes", CVPR 2011: B = sign(Z R) and R = the orthogonal factor of Zᵀ B, in turns.
 */
export async function fitItq(vectors: Matrix, options: ItqOptions): Promise<AffineMap> {
  const { outputDimensions, iterations = 30, seed = 0, sampleSize = 10_000 } = options;
  const components = fitPca(vectors, { outputDimensions });
  const sample =
    vectors.rows > sampleSize
      ? selectRows(vectors, sampleIndices(vectors.rows, sampleSize, seededRandom(seed)))
      : vectors;
  const projected = applyAffineMap(components, sample);
  const improvement = new RotationImprovement(
    projected,
    randomRotation(outputDimensions, outputDimensions, seed),
  );
  for (let i = 0; i < iterations; i++) {
    await checkpoint(options, { stage: 'fit', done: i, total: iterations });
    improvement.improve();
  }
  options.onProgress?.({ stage: 'fit', done: iterations, total: iterations });
  return composeWithMatrix(components, improvement.rotation);
}

/** A rotation that is improved in rounds, all of them in the same memory. */
class RotationImprovement {
  /** One row per output, as `weights` of an affine map. */
  rotation: Matrix;
  readonly #projected: Matrix;
  readonly #rotated: Matrix;
  readonly #signs: Matrix;
  readonly #products: CrossProducts;
  readonly #product: Matrix;
  readonly #factors: PolarFactors;
  readonly #transposed: Matrix;
  #next: Matrix;

  constructor(projected: Matrix, rotation: Matrix) {
    const { rows, columns: size } = projected;
    this.rotation = rotation;
    this.#projected = projected;
    this.#rotated = zeros(rows, size);
    this.#signs = zeros(rows, size);
    this.#products = new CrossProducts(size, size);
    this.#product = zeros(size, size);
    this.#factors = new PolarFactors(size);
    this.#transposed = zeros(size, size);
    this.#next = zeros(size, size);
  }

  /**
   * One round. The factor is taken of the *rotated* vectors' product with their signs, which is nearly
   * diagonal and therefore quick to orthogonalise, and applied on top of the rotation so far.
   */
  improve(): void {
    const kernel = defaultKernel();
    const { data: rotated } = kernel.multiplyTransposed(
      this.#projected,
      this.rotation,
      undefined,
      this.#rotated,
    );
    const { data: signs } = this.#signs;
    for (let p = 0; p < signs.length; p++) signs[p] = rotated[p] > 0 ? 1 : -1;
    // signsᵀ · rotated: the transpose, since rotations are kept with one row per output.
    const product = this.#products.of(this.#signs, this.#rotated);
    addRidge(product, this.rotation.rows);
    this.#product.data.set(product);
    const update = this.#factors.of(this.#product);
    const transposed = transpose(this.rotation, this.#transposed);
    kernel.multiplyTransposed(update, transposed, undefined, this.#next);
    [this.rotation, this.#next] = [this.#next, this.rotation];
  }
}

/** Relative to the mean of the diagonal, which holds sums of absolute values. */
const ridge = 1e-3;

/**
 * Favours turning by nothing, a little. Directions in which the vectors do not spread (there may be
 * fewer vectors than bits) would make the matrix singular; where the rotation comes to rest is the same,
 * as the matrix is symmetric and positive there.
 */
function addRidge(product: Float64Array, size: number): void {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += product[i * (size + 1)];
  // All vectors alike: nothing to learn, and any positive multiple of the identity says so.
  const addend = trace > 0 ? (ridge * trace) / size : 1;
  for (let i = 0; i < size; i++) product[i * (size + 1)] += addend;
}
