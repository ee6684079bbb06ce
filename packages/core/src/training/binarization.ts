import { expBelowZero } from './exp-below-zero.ts';

/**
 * How one real value becomes a bit while training, and what its slope is taken to be. The binarizers of heads
 * apply these to matrices, and add what changes as training goes on.
 */
export interface Binarization {
  /** -1 or 1, or what stands for them. */
  readonly value: (real: number) => number;
  readonly slope: (real: number) => number;
}

/** 1 - tanh², by one exponential, which is quicker than tanh and exact where tanh is about one. */
function tanhSlope(real: number): number {
  const power = expBelowZero(-2 * Math.abs(real));
  return (4 * power) / ((1 + power) * (1 + power));
}

/**
 * The bit itself forward, the slope of tanh backward.
 *
 * Source: Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic
 * Neurons", 2013 (straight-through estimator).
 */
export const straightThrough: Binarization = {
  value: (real) => (real > 0 ? 1 : -1),
  slope: tanhSlope,
};

/** tanh forward and backward: the smooth function whose slope the straight-through estimator borrows. */
export const relaxed: Binarization = { value: Math.tanh, slope: tanhSlope };
