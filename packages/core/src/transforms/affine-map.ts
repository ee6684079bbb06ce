import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { Steps } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, transpose, zeros } from '../vectors/matrix.ts';

/**
 * `y = A x + b`, the shape of every linear transform: truncation, centring, PCA, rotations and their
 * compositions.
 */
export interface AffineMap {
  /** A: one row per output dimension. Absent: A keeps the first output dimensions (truncation). */
  readonly weights?: Matrix;
  /** b: one value per output dimension. */
  readonly bias: Float32Array;
  readonly inputDimensions: number;
}

const rowsPerStep = 1024;

/** Applies the map to every row. */
export function applyAffineMap(map: AffineMap, vectors: Matrix): Matrix {
  checkDimensions(map, vectors);
  const { weights, bias } = map;
  if (weights) return matrixKernel().multiplyTransposed(vectors, weights, bias);
  const mapped = zeros(vectors.rows, bias.length);
  for (let i = 0; i < vectors.rows; i++) {
    for (let j = 0; j < bias.length; j++) {
      mapped.data[i * bias.length + j] = vectors.data[i * vectors.columns + j] + bias[j];
    }
  }
  return mapped;
}

/** The same, some rows at a time. */
export function* applyInSteps(map: AffineMap, vectors: Matrix): Steps<Matrix> {
  const mapped = zeros(vectors.rows, map.bias.length);
  for (let start = 0; start < vectors.rows; start += rowsPerStep) {
    const block = rowRange(vectors, start, Math.min(vectors.rows, start + rowsPerStep));
    mapped.data.set(applyAffineMap(map, block).data, start * mapped.columns);
    yield;
  }
  return mapped;
}

/**
 * The map as a function, for maps that are applied again and again: the matrix is kept ready. The function
 * may be given memory for what it returns.
 */
export function affineFunction(map: AffineMap): Multiplier {
  const { weights, bias } = map;
  if (!weights) return (vectors) => applyAffineMap(map, vectors);
  let multiply: Multiplier | undefined;
  return (vectors, into) => {
    checkDimensions(map, vectors);
    multiply ??= matrixKernel().createMultiplier(weights, bias);
    return multiply(vectors, into);
  };
}

/** One map that does what `first` and then the matrix `weights` do: `(W A) x + W b`. */
export function composeWithMatrix(first: AffineMap, weights: Matrix): AffineMap {
  const kernel = matrixKernel();
  const bias = kernel.multiplyTransposed(
    { rows: 1, columns: first.bias.length, data: first.bias },
    weights,
  );
  const composed = first.weights
    ? kernel.multiplyTransposed(weights, transpose(first.weights))
    : widen(weights, first.inputDimensions);
  return { weights: composed, bias: bias.data, inputDimensions: first.inputDimensions };
}

/** Zero columns for the dimensions that truncation has dropped. */
function widen(weights: Matrix, columns: number): Matrix {
  const widened = zeros(weights.rows, columns);
  for (let i = 0; i < weights.rows; i++) {
    const from = i * weights.columns;
    widened.data.set(weights.data.subarray(from, from + weights.columns), i * columns);
  }
  return widened;
}

function checkDimensions({ inputDimensions }: AffineMap, { columns }: Matrix): void {
  if (columns === inputDimensions) return;
  throw new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `vectors: got ${columns} dimensions, expected ${inputDimensions}.`,
    remedy: 'Use vectors of the model that the transform was fitted on.',
  });
}
