import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { inverseNorm } from '../vectors/normalize.ts';
import { checkOutputDimensions } from './truncation.ts';

export interface MatryoshkaOptions {
  /** How many leading dimensions to keep. */
  readonly dimensions: number;
  /** Standardise every vector over its own dimensions first, as some models (Nomic's) were trained. */
  readonly layerNorm?: boolean;
  /** Scale the result to unit length. Default: true. */
  readonly normalize?: boolean;
}

/** Shortens vectors of a Matryoshka model: layer norm (where the model wants it), slice, normalise. */
export function truncateMatryoshka(vectors: Matrix, options: MatryoshkaOptions): Matrix {
  const { dimensions, layerNorm = false, normalize = true } = options;
  const { rows, columns, data } = vectors;
  checkOutputDimensions(columns, dimensions);
  const truncated = zeros(rows, dimensions);
  for (let i = 0; i < rows; i++) {
    const from = i * columns;
    const to = i * dimensions;
    const { mean, scale } = layerNorm ? moments(data, from, columns) : { mean: 0, scale: 1 };
    for (let j = 0; j < dimensions; j++) truncated.data[to + j] = (data[from + j] - mean) * scale;
    if (!normalize) continue;
    const inverse = inverseNorm(truncated.data, to, dimensions);
    for (let j = to; j < to + dimensions; j++) truncated.data[j] *= inverse;
  }
  return truncated;
}

/** PyTorch's default, which the models were trained with. */
const layerNormEpsilon = 1e-5;

function moments(data: Float32Array, offset: number, length: number) {
  let sum = 0;
  let squares = 0;
  for (let j = offset; j < offset + length; j++) sum += data[j];
  const mean = sum / length;
  for (let j = offset; j < offset + length; j++) squares += (data[j] - mean) ** 2;
  return { mean, scale: 1 / Math.sqrt(squares / length + layerNormEpsilon) };
}
