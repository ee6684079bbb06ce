import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, zeros } from '../vectors/matrix.ts';
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
  const { rows, columns } = vectors;
  const mean = columnMeans(vectors);
  const standardized = zeros(rows, columns);
  let squares = 0;
  for (let start = 0; start < rows; start += rowsPerStep) {
    const block = rowRange(vectors, start, Math.min(rows, start + rowsPerStep));
    squares = subtractMean(block, mean, standardized.data.subarray(start * columns), squares);
    yield;
  }
  // What rounding leaves of equal vectors tells nothing apart.
  const spread = Math.sqrt(squares / rows);
  const isAlike = spread < smallestSpread;
  const scale = isAlike ? 1 : 1 / spread;
  stretch(standardized.data, scale);
  return { mean, spread: isAlike ? 1 : spread, standardized };
}

/** Adds to `squares` those of what is left: a function by itself, as loops of generators are compiled late. */
function subtractMean(
  { rows, columns, data }: Matrix,
  mean: Float32Array,
  into: Float32Array,
  squares: number,
): number {
  let sum = squares;
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, p++) {
      const value = data[p] - mean[j];
      into[p] = value;
      sum += value * value;
    }
  }
  return sum;
}

function stretch(values: Float32Array, scale: number): void {
  for (let p = 0; p < values.length; p++) values[p] *= scale;
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
