import type { Matrix } from '../vectors/matrix.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { checkOutputDimensions } from './truncation.ts';

/** Keeps the first `outputDimensions` dimensions and moves their mean to the origin. */
export function fitCentring(vectors: Matrix, outputDimensions: number): AffineMap {
  checkOutputDimensions(vectors.columns, outputDimensions);
  const bias = columnMeans(vectors)
    .subarray(0, outputDimensions)
    .map((mean) => -mean);
  return { bias, inputDimensions: vectors.columns };
}
