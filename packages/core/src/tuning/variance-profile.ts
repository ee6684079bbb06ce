import type { Steps } from '../progress/steps.ts';
import type { QuantizerKind } from '../quantizers/families.ts';
import { resolveKind } from '../quantizers/families.ts';
import { applyInSteps } from '../transforms/affine-map.ts';
import { fitCentring } from '../transforms/centring.ts';
import { crossProductSteps } from '../transforms/cross-product.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { sampleRows } from '../vectors/sample-rows.ts';

/**
 * How evenly vectors vary: 1 where every dimension, or every direction, varies alike, towards 0 where few of them hold
 * all variance. Participation ratios over the number of dimensions.
 */
export interface VarianceProfile {
  readonly dimensions: number;
  readonly directions: number;
}

/** Vectors that tell, at most, and for each dimension at least: covariances of fewer are chance. */
const mostRows = 2000;
const rowsPerDimension = 2;
/** From here on, all vary alike. */
const even = 0.9;

/** @returns undefined for too few vectors to tell */
export function* varianceProfile(
  vectors: Matrix,
  seed: number,
): Steps<VarianceProfile | undefined> {
  const sample = sampleRows(vectors, Math.max(mostRows, rowsPerDimension * vectors.columns), seed);
  const { rows, columns } = sample;
  if (rows < rowsPerDimension * columns) return undefined;
  const centred = yield* applyInSteps(fitCentring(sample, columns), sample);
  const products = yield* crossProductSteps(centred, centred);
  let [trace, ofDiagonal, ofAll] = [0, 0, 0];
  for (let p = 0; p < products.length; p++) {
    const covariance = products[p] / rows;
    ofAll += covariance ** 2;
    if (p % (columns + 1) !== 0) continue;
    trace += covariance;
    ofDiagonal += covariance ** 2;
  }
  if (trace === 0) return undefined;
  // What independent values would give by chance.
  const chance = trace ** 2 / rows;
  return {
    dimensions: Math.min(1, trace ** 2 / (columns * ofDiagonal)),
    directions: Math.min(1, trace ** 2 / (columns * Math.max(ofAll - chance, Number.MIN_VALUE))),
  };
}

/** Why a kind need not be fitted, in words; undefined where it may find more than others. */
export function needless(kind: QuantizerKind, profile: VarianceProfile): string | undefined {
  const { family, own } = resolveKind(kind, {});
  if (family === 'rotation' && own.basis !== 'random' && profile.directions >= even) {
    return 'vectors vary alike in all directions, which a rotation does not change';
  }
  if (family !== 'groups' || own.layout === undefined || own.layout === 'pca-planned') {
    return undefined;
  }
  return profile.dimensions >= even
    ? 'all dimensions vary alike, so that none deserves more bits'
    : undefined;
}
