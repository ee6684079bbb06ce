import type { Matrix } from '../vectors/matrix.ts';
import { checkNotEmpty, row } from '../vectors/matrix.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { applyAffineMap } from './affine-map.ts';
import { crossProduct } from './cross-product.ts';
import { leadingEigenvectors } from './leading-eigenvectors.ts';
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

function covariance(vectors: Matrix, mean: Float32Array): Float64Array {
  const centred = applyAffineMap(
    { bias: mean.map((value) => -value), inputDimensions: vectors.columns },
    vectors,
  );
  return crossProduct(centred, centred).map((sum) => sum / vectors.rows);
}
