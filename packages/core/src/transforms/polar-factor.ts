import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';

/** Rounds after which float32 no longer gets closer. */
const maximumRounds = 60;
const tolerance = 1e-5;
/** Singular values may start anywhere below √3; the estimate of the largest may be a little low. */
const startingNorm = 1.4;

/**
 * The orthogonal matrix nearest to a square one (U Vᵀ of its singular value decomposition), by
 * Newton–Schulz: X <- 3/2 X - 1/2 X Xᵀ X, which pulls every singular value in (0, √3) towards 1.
 * It needs matrix products only, so it runs at the speed of the kernel.
 */
export function polarFactor(square: Matrix): Matrix {
  const kernel = defaultKernel();
  const size = square.rows;
  const scale = startingNorm / estimateSpectralNorm(square);
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

/** Rounds of the power iteration: an estimate within some percent is enough. */
const powerRounds = 8;

/** The largest singular value, estimated from below by power iteration on XᵀX. */
function estimateSpectralNorm(square: Matrix): number {
  const kernel = defaultKernel();
  const transposed = transpose(square);
  const size = square.rows;
  // Deterministic and not orthogonal to the leading singular vector but by a freak of the data.
  let vector: Float32Array = Float32Array.from({ length: size }, (_, i) => 1 + (i % 7) / 7);
  let norm = 0;
  for (let round = 0; round < powerRounds; round++) {
    const unit = normalizeRows({ rows: 1, columns: size, data: vector });
    const image = kernel.multiplyTransposed(unit, square);
    norm = Math.hypot(...image.data);
    vector = kernel.multiplyTransposed(image, transposed).data;
  }
  return norm > 0 ? norm : 1;
}

function distanceToIdentity({ rows, data }: Matrix): number {
  let largest = 0;
  for (let p = 0; p < data.length; p++) {
    const expected = p % (rows + 1) === 0 ? 1 : 0;
    largest = Math.max(largest, Math.abs(data[p] - expected));
  }
  return largest;
}
