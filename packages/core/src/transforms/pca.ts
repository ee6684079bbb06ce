import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix';
import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { checkNotEmpty, row, rowRange, transpose, zeros } from '../vectors/matrix.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { checkOutputDimensions } from './truncation.ts';

export interface PcaOptions {
  readonly outputDimensions: number;
  /** Subtract the mean first. Default: true. */
  readonly centre?: boolean;
}

/** Projection on the leading principal components, strongest first: the centred data, rotated. */
export function fitPca(vectors: Matrix, options: PcaOptions): AffineMap {
  const { outputDimensions, centre = true } = options;
  checkNotEmpty(vectors);
  checkOutputDimensions(vectors.columns, outputDimensions);
  const mean = centre ? columnMeans(vectors) : new Float32Array(vectors.columns);
  const weights = leadingEigenvectors(covariance(vectors, mean), vectors.columns, outputDimensions);
  const bias = Float32Array.from({ length: outputDimensions }, (_, i) => {
    const component = row(weights, i);
    return -component.reduce((sum, weight, j) => sum + weight * mean[j], 0);
  });
  return { weights, bias, inputDimensions: vectors.columns };
}

/** Rows per block: the products are float32, their sum over the blocks is float64. */
const blockRows = 512;

function covariance(vectors: Matrix, mean: Float32Array): Float64Array {
  const { rows, columns } = vectors;
  const sums = new Float64Array(columns * columns);
  for (let start = 0; start < rows; start += blockRows) {
    const block = transpose(rowRange(vectors, start, Math.min(rows, start + blockRows)));
    for (let j = 0; j < columns; j++) {
      const values = row(block, j);
      for (let i = 0; i < values.length; i++) values[i] -= mean[j];
    }
    const { data } = defaultKernel().multiplyTransposed(block, block);
    for (let p = 0; p < sums.length; p++) sums[p] += data[p];
  }
  return sums.map((sum) => sum / rows);
}

function leadingEigenvectors(symmetric: Float64Array, size: number, count: number): Matrix {
  const { eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    DenseMatrix.from1DArray(size, size, symmetric),
    { assumeSymmetric: true },
  );
  const leading = zeros(count, size);
  for (let i = 0; i < count; i++) {
    // Eigenvalues come in increasing order. An eigenvector's sign is free: pin it, so that the same
    // data gives the same codes everywhere.
    const column = size - 1 - i;
    let largest = 0;
    for (let j = 0; j < size; j++) {
      const value = vectors.get(j, column);
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    const sign = largest < 0 ? -1 : 1;
    for (let j = 0; j < size; j++) leading.data[i * size + j] = sign * vectors.get(j, column);
  }
  return leading;
}
