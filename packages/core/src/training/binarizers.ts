import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Random } from '../vectors/random.ts';
import { expBelowZero } from './exp-below-zero.ts';

/** Bits while training, and how they change with the real values behind them. */
export interface Binarized {
  /** -1 and 1, or what stands for them. */
  readonly bits: Matrix;
  /** The derivative of each by its real value, or what is taken for it. */
  readonly slopes: Matrix;
}

/**
 * - `ste`: the straight-through estimator, the bit itself forward, the slope of tanh backward.
 * - `sigmoid`: tanh (a sigmoid from -1 to 1) that gets steeper as training goes on.
 * - `gumbel`: the same with logistic noise, a draw of the relaxed Bernoulli distribution.
 * - `none`: the real values, for training without bits.
 */
export type BinarizerName = 'ste' | 'sigmoid' | 'gumbel' | 'none';

/**
 * @param progress the share of training that is done, 0 to 1
 */
export type Binarizer = (real: Matrix, progress: number, random: Random) => Binarized;

/** Of the relaxed functions at the start and at the end. */
const temperatures = { first: 1, last: 0.2 };

function temperatureAt(progress: number): number {
  return temperatures.first * (temperatures.last / temperatures.first) ** progress;
}

/**
 * Sources: `ste`, see `straightThrough`; `sigmoid`, Cao et al., "HashNet", ICCV 2017 (continuation);
 * `gumbel`, Maddison, Mnih and Teh, "The Concrete Distribution", ICLR 2017 (binary case).
 */
export const binarizers: Readonly<Record<BinarizerName, Binarizer>> = {
  ste: straightThrough,
  sigmoid(real, progress) {
    const steepness = 1 / temperatureAt(progress);
    return relax(real, (value) => value * steepness, steepness);
  },
  gumbel(real, progress, random) {
    const steepness = 1 / (2 * temperatureAt(progress));
    return relax(
      real,
      (value) => {
        const uniform = Math.min(Math.max(random(), 1e-6), 1 - 1e-6);
        return (2 * value + Math.log(uniform / (1 - uniform))) * steepness;
      },
      2 * steepness,
    );
  },
  none: (real) => ({
    bits: real,
    slopes: { ...real, data: new Float32Array(real.data.length).fill(1) },
  }),
};

/**
 * The bit itself forward, the slope of tanh backward.
 *
 * Source: Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic
 * Neurons", 2013 (straight-through estimator).
 */
export function straightThrough(real: Matrix): Binarized {
  const bits = zeros(real.rows, real.columns);
  const slopes = zeros(real.rows, real.columns);
  for (let p = 0; p < real.data.length; p++) {
    bits.data[p] = real.data[p] > 0 ? 1 : -1;
    slopes.data[p] = tanhSlope(real.data[p]);
  }
  return { bits, slopes };
}

/** 1 - tanh², by one exponential, which is quicker than tanh and exact where tanh is about one. */
function tanhSlope(real: number): number {
  const power = expBelowZero(-2 * Math.abs(real));
  return (4 * power) / ((1 + power) * (1 + power));
}

/** tanh of an argument that grows by `steepness` times the real value. */
function relax(real: Matrix, argument: (value: number) => number, steepness: number): Binarized {
  const bits = zeros(real.rows, real.columns);
  const slopes = zeros(real.rows, real.columns);
  for (let p = 0; p < real.data.length; p++) {
    const tanh = Math.tanh(argument(real.data[p]));
    bits.data[p] = tanh;
    slopes.data[p] = steepness * (1 - tanh * tanh);
  }
  return { bits, slopes };
}
