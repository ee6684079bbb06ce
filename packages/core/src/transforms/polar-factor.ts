import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';

/** Rounds after which float32 no longer gets closer. */
const maximumRounds = 60;
const tolerance = 1e-5;

/**
 * The orthogonal matrix nearest to a square one (U Vᵀ of its singular value decomposition), by
 * Newton–Schulz: X <- 3/2 X - 1/2 X Xᵀ X, which pulls every singular value in (0, √3) towards 1.
 * It needs matrix products only, so it runs at the speed of the kernel.
 */
export function polarFactor(square: Matrix): Matrix {
  const kernel = defaultKernel();
  const size = square.rows;
  const scale = 1 / spectralNormBound(square);
  let factor: Matrix = { ...square, data: square.data.map((value) => value * scale) };
  for (let round = 0; round < maximumRounds; round++) {
    // X Xᵀ is symmetric, so (X Xᵀ) X is a product with the transpose of Xᵀ.
    const gram = kernel.multiplyTransposed(factor, factor);
    const distance = distanceToIdentity(gram);
    if (distance < tolerance) break;
    const cubed = kernel.multiplyTransposed(gram, transpose(factor));
    const next = new Float32Array(size * size);
    for (let p = 0; p < next.length; p++) next[p] = 1.5 * factor.data[p] - 0.5 * cubed.data[p];
    factor = { ...factor, data: next };
  }
  return factor;
}

/** √(‖X‖₁ ‖X‖∞) is at least the largest singular value. */
function spectralNormBound({ rows, columns, data }: Matrix): number {
  const columnSums = new Float64Array(columns);
  let largestRow = 0;
  for (let i = 0; i < rows; i++) {
    let rowSum = 0;
    for (let j = 0; j < columns; j++) {
      const size = Math.abs(data[i * columns + j]);
      rowSum += size;
      columnSums[j] += size;
    }
    largestRow = Math.max(largestRow, rowSum);
  }
  const bound = Math.sqrt(largestRow * Math.max(...columnSums));
  return bound > 0 ? bound : 1;
}

function distanceToIdentity({ rows, data }: Matrix): number {
  let largest = 0;
  for (let p = 0; p < data.length; p++) {
    const expected = p % (rows + 1) === 0 ? 1 : 0;
    largest = Math.max(largest, Math.abs(data[p] - expected));
  }
  return largest;
}
