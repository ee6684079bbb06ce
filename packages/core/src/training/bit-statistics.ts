import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';

/** Mean over the bits of the entropy of each, from 0 (always the same) to 1 (half of the time 1). */
export function bitEntropy(signs: Matrix): number {
  const { rows, columns } = signs;
  if (rows === 0) return 0;
  const entropies = columnSums(signs).map((sum) => {
    const share = (1 + sum / rows) / 2;
    return share <= 0 || share >= 1
      ? 0
      : -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
  });
  return entropies.reduce((sum, entropy) => sum + entropy, 0) / columns;
}

interface Regularizer {
  readonly loss: number;
  /** By the bits. */
  readonly gradient: Matrix;
}

/** How far bits are from being 1 half of the time: the mean over the bits of their squared means. */
export function balanceLoss(bits: Matrix): Regularizer {
  const { rows, columns } = bits;
  const means = columnSums(bits).map((sum) => sum / rows);
  const loss = means.reduce((sum, mean) => sum + mean * mean, 0) / columns;
  const data = new Float32Array(bits.data.length);
  for (let p = 0; p < data.length; p++) data[p] = (2 * means[p % columns]) / (rows * columns);
  return { loss, gradient: { rows, columns, data } };
}

/** How much bits tell of one another: the mean over all pairs of bits of their squared mean product. */
export function decorrelationLoss(bits: Matrix): Regularizer {
  const kernel = matrixKernel();
  const { rows, columns } = bits;
  const products = kernel.multiplyTransposeOf(bits, bits);
  const pairs = Math.max(1, columns * (columns - 1));
  let loss = 0;
  for (let p = 0; p < products.data.length; p++) {
    const mean = p % (columns + 1) === 0 ? 0 : products.data[p] / rows;
    loss += (mean * mean) / pairs;
    products.data[p] = (4 * mean) / (rows * pairs);
  }
  return { loss, gradient: kernel.multiply(bits, products) };
}
