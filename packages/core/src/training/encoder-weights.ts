import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';

/** What turns vectors into real values: x W + b, and in a residual network + relu(x H + h) O. */
export interface EncoderWeights {
  /** W: `dimensions x outputs`. */
  readonly weights: Matrix;
  /** b. */
  readonly bias: Float32Array;
  readonly hidden?: HiddenLayer | undefined;
}

interface HiddenLayer {
  /** H: `dimensions x width`. */
  readonly weights: Matrix;
  /** h. */
  readonly bias: Float32Array;
  /** O: `width x outputs`. */
  readonly outputs: Matrix;
}

/** Real values, and what is needed to find how they change with the weights. */
export interface Encoded {
  readonly real: Matrix;
  /** relu(x H + h). */
  readonly activations?: Matrix | undefined;
}

/** The real values of vectors, one row each. */
export function encodeReal(encoder: EncoderWeights, vectors: Matrix): Encoded {
  const kernel = matrixKernel();
  const real = kernel.multiply(vectors, encoder.weights);
  addToRows(real, encoder.bias);
  const { hidden } = encoder;
  if (!hidden) return { real };
  const activations = kernel.multiply(vectors, hidden.weights);
  addToRows(activations, hidden.bias);
  for (let p = 0; p < activations.data.length; p++) {
    if (activations.data[p] < 0) activations.data[p] = 0;
  }
  add(real.data, kernel.multiply(activations, hidden.outputs).data);
  return { real, activations };
}

/** Zeros in the shape of an encoder. */
export function zeroEncoder({ weights, bias, hidden }: EncoderWeights): EncoderWeights {
  return {
    weights: zeros(weights.rows, weights.columns),
    bias: new Float32Array(bias.length),
    hidden: hidden && {
      weights: zeros(hidden.weights.rows, hidden.weights.columns),
      bias: new Float32Array(hidden.bias.length),
      outputs: zeros(hidden.outputs.rows, hidden.outputs.columns),
    },
  };
}

/** Its arrays, in a fixed order. */
export function encoderArrays({ weights, bias, hidden }: EncoderWeights): Float32Array[] {
  const own = [weights.data, bias];
  return hidden ? [...own, hidden.weights.data, hidden.bias, hidden.outputs.data] : own;
}

/**
 * Adds the gradient by the weights to `into`.
 *
 * @param gradient by the real values of `vectors`
 */
export function addEncoderGradient(
  encoder: EncoderWeights,
  vectors: Matrix,
  { activations }: Encoded,
  gradient: Matrix,
  into: EncoderWeights,
): void {
  const kernel = matrixKernel();
  add(into.weights.data, kernel.multiplyTransposeOf(vectors, gradient).data);
  add(into.bias, columnSums(gradient));
  const { hidden } = encoder;
  if (!hidden || !activations || !into.hidden) return;
  add(into.hidden.outputs.data, kernel.multiplyTransposeOf(activations, gradient).data);
  const back = kernel.multiplyTransposed(gradient, hidden.outputs);
  for (let p = 0; p < back.data.length; p++) if (activations.data[p] === 0) back.data[p] = 0;
  add(into.hidden.weights.data, kernel.multiplyTransposeOf(vectors, back).data);
  add(into.hidden.bias, columnSums(back));
}

function addToRows({ rows, columns, data }: Matrix, addends: Float32Array): void {
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, p++) data[p] += addends[j];
  }
}

function add(values: Float32Array, addends: ArrayLike<number>): void {
  for (let p = 0; p < values.length; p++) values[p] += addends[p];
}
