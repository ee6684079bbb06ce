import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { columnMeans } from '../vectors/statistics.ts';
import type { AffineMap } from './affine-map.ts';

/** Where vectors lie, and how far apart. */
export interface Standard {
  readonly mean: Float32Array;
  /** The root of the mean squared distance from it; 1 for vectors that are all the same. */
  readonly spread: number;
}

const rowsPerStep = 1024;

/** Vectors moved to their mean, and stretched until their squares have a mean of 1. */
export function* standardize(vectors: Matrix): Steps<Standard & { readonly standardized: Matrix }> {
  const { rows, columns, data } = vectors;
  const mean = columnMeans(vectors);
  const standardized = zeros(rows, columns);
  let squares = 0;
  for (let start = 0; start < rows; start += rowsPerStep) {
    for (let i = start; i < Math.min(rows, start + rowsPerStep); i++) {
      for (let j = 0, p = i * columns; j < columns; j++, p++) {
        const value = data[p] - mean[j];
        standardized.data[p] = value;
        squares += value * value;
      }
    }
    yield;
  }
  // What rounding leaves of equal vectors tells nothing apart.
  const spread = Math.sqrt(squares / rows);
  const isAlike = spread < smallestSpread;
  const scale = isAlike ? 1 : 1 / spread;
  for (let p = 0; p < standardized.data.length; p++) standardized.data[p] *= scale;
  return { mean, spread: isAlike ? 1 : spread, standardized };
}

/** Of vectors of unit length, in float32. */
const smallestSpread = 1e-6;

/** A map of standardized vectors, as one of vectors as they were. */
export function mapOfStandard({ weights, bias, ...map }: AffineMap, standard: Standard): AffineMap {
  const { rows, columns, data } = weights as Matrix;
  const scaled = data.map((value) => value / standard.spread);
  const moved = bias.map((value, i) => {
    let sum = value;
    for (let j = 0; j < columns; j++) sum -= scaled[i * columns + j] * standard.mean[j];
    return sum;
  });
  return { ...map, weights: { rows, columns, data: scaled }, bias: moved };
}

/** A map to standardized vectors, as one to vectors as they were. */
export function mapFromStandard(
  { weights, bias, ...map }: AffineMap,
  standard: Standard,
): AffineMap {
  const { rows, columns, data } = weights as Matrix;
  const scaled = data.map((value) => value * standard.spread);
  const moved = bias.map((value, j) => value * standard.spread + standard.mean[j]);
  return { ...map, weights: { rows, columns, data: scaled }, bias: moved };
}
