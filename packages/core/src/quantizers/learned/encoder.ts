import type { EncoderWeights } from '../../training/code-model.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { affineFunction } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { transpose } from '../../vectors/matrix.ts';

/** From vectors to the real values behind bits: a linear map and, in a residual network, a hidden layer. */
export interface Encoder {
  readonly map: AffineMap;
  readonly hidden?: EncoderLayer | undefined;
}

interface EncoderLayer {
  readonly inner: AffineMap;
  /** `bits x width`: what the units that are above zero add to the real values. */
  readonly outputs: Matrix;
}

/** A copy of an encoder in training, row by output. */
export function fixedEncoder({ weights, bias, hidden }: EncoderWeights): Encoder {
  const inputDimensions = weights.rows;
  const map = { weights: transpose(weights), bias: bias.slice(), inputDimensions };
  if (!hidden) return { map };
  const inner = {
    weights: transpose(hidden.weights),
    bias: hidden.bias.slice(),
    inputDimensions,
  };
  return { map, hidden: { inner, outputs: transpose(hidden.outputs) } };
}

/** The other way round, to train it further. */
export function trainableEncoder({ map, hidden }: Encoder): EncoderWeights {
  return {
    weights: transpose(map.weights as Matrix),
    bias: map.bias.slice(),
    hidden: hidden && {
      weights: transpose(hidden.inner.weights as Matrix),
      bias: hidden.inner.bias.slice(),
      outputs: transpose(hidden.outputs),
    },
  };
}

/** The encoder as a function of unit vectors; its matrices are kept ready. */
export function encoderFunction({ map, hidden }: Encoder): (vectors: Matrix) => Matrix {
  const linear = affineFunction(map);
  if (!hidden) return linear;
  const inner = affineFunction(hidden.inner);
  const { columns } = hidden.outputs;
  const bias = new Float32Array(hidden.outputs.rows);
  const outer = affineFunction({ weights: hidden.outputs, bias, inputDimensions: columns });
  return (vectors) => {
    const activations = inner(vectors);
    for (let p = 0; p < activations.data.length; p++) {
      if (activations.data[p] < 0) activations.data[p] = 0;
    }
    const real = linear(vectors);
    const added = outer(activations);
    for (let p = 0; p < real.data.length; p++) real.data[p] += added.data[p];
    return real;
  };
}
