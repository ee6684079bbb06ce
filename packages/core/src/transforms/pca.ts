import { inTurns } from '../progress/steps.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { checkNotEmpty, row } from '../vectors/matrix.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';
import { applyInSteps } from './affine-map.ts';
import { crossProductSteps } from './cross-product.ts';
import { leadingEigenvectors } from './leading-eigenvectors.ts';
import {
  leadingSubspace,
  mapOfSubspace,
  subspaceDimensions,
  toSubspace,
} from './leading-subspace.ts';
import { checkOutputDimensions } from './truncation.ts';

export interface PcaOptions extends Pick<TaskOptions, 'signal'> {
  readonly outputDimensions: number;
  /** Subtract the mean first. Default: true. */
  readonly centre?: boolean;
  /** Of the directions that components of long vectors are looked for in. Default: 0. */
  readonly seed?: number;
}

/**
 * Projection on the leading principal components, strongest first: the centred data, rotated. Those of long vectors are
 * the components of what `leadingSubspace` keeps of them, as all of a wide matrix take minutes.
 */
export async function fitPca(vectors: Matrix, options: PcaOptions): Promise<AffineMap> {
  const { outputDimensions, seed = 0 } = options;
  checkNotEmpty(vectors);
  checkOutputDimensions(vectors.columns, outputDimensions);
  const dimensions = subspaceDimensions(outputDimensions);
  if (vectors.columns <= dimensions) return fitWholePca(vectors, options);
  const basis = await inTurns(leadingSubspace(vectors, dimensions, seed), options);
  const within = await inTurns(toSubspace(vectors, basis), options);
  return mapOfSubspace(await fitWholePca(within, options), basis);
}

async function fitWholePca(vectors: Matrix, options: PcaOptions): Promise<AffineMap> {
  const { outputDimensions, centre = true } = options;
  const mean = centre ? columnMeans(vectors) : new Float32Array(vectors.columns);
  const { columns } = vectors;
  const centring = { bias: mean.map((value) => -value), inputDimensions: columns };
  const centred = await inTurns(applyInSteps(centring, vectors), options);
  const products = await inTurns(crossProductSteps(centred, centred), options);
  const covariance = products.map((sum) => sum / vectors.rows);
  const eigenvectors = leadingEigenvectors(covariance, columns, outputDimensions);
  const weights = await inTurns(eigenvectors, options);
  const bias = Float32Array.from({ length: outputDimensions }, (_, i) => {
    const component = row(weights, i);
    return -component.reduce((sum, weight, j) => sum + weight * mean[j], 0);
  });
  return { weights, bias, inputDimensions: columns };
}
