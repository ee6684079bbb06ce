import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose, zeros } from '../vectors/matrix.ts';
import { columnSums } from '../vectors/statistics.ts';

/** Everything that training codes moves. */
export interface CodeModel {
  readonly encoder: EncoderWeights;
  /** One per prefix where codes are decoded, otherwise none. */
  readonly decoders: readonly DecoderWeights[];
  /** The logarithms of what scores are multiplied with, one per prefix and way of scoring. */
  readonly logScales: Float32Array;
}

/** Zeros in the shape of a model. */
export function zeroModel({ encoder, decoders, logScales }: CodeModel): CodeModel {
  return {
    encoder: zeroEncoder(encoder),
    decoders: decoders.map(zeroDecoder),
    logScales: new Float32Array(logScales.length),
  };
}

/** The arrays of a model: those of its encoder with the scales, and those of its decoders. */
export function modelArrays({ encoder, decoders, logScales }: CodeModel): {
  readonly encoder: Float32Array[];
  readonly decoders: Float32Array[];
} {
  return {
    encoder: [...encoderArrays(encoder), logScales],
    decoders: decoders.flatMap(({ bitVectors, bias }) => [bitVectors.data, bias]),
  };
}

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
function zeroEncoder({ weights, bias, hidden }: EncoderWeights): EncoderWeights {
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
function encoderArrays({ weights, bias, hidden }: EncoderWeights): Float32Array[] {
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

/** A linear decoder while it is trained: x is about b G + c. */
export interface DecoderWeights {
  /** G: one row per bit, as many columns as vectors have dimensions. */
  readonly bitVectors: Matrix;
  /** c. */
  readonly bias: Float32Array;
}

/** A copy of a decoder, to be trained. */
export function decoderWeights({ weights, bias }: AffineMap): DecoderWeights {
  return { bitVectors: transpose(weights as Matrix), bias: bias.slice() };
}

/** Zeros in the shape of a decoder. */
export function zeroDecoder({ bitVectors, bias }: DecoderWeights): DecoderWeights {
  return {
    bitVectors: zeros(bitVectors.rows, bitVectors.columns),
    bias: new Float32Array(bias.length),
  };
}

export function decoderMap({ bitVectors, bias }: DecoderWeights): AffineMap {
  return { weights: transpose(bitVectors), bias: bias.slice(), inputDimensions: bitVectors.rows };
}
