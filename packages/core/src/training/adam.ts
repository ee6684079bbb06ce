/** Decay of the running means of gradients and of their squares, as in the paper. */
const firstDecay = 0.9;
const secondDecay = 0.999;
const epsilon = 1e-8;

/**
 * Adam for one array of parameters, which it changes in place.
 *
 * Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
 */
export class Adam {
  readonly #parameters: Float32Array;
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  #steps = 0;

  constructor(parameters: Float32Array) {
    this.#parameters = parameters;
    this.#mean = new Float32Array(parameters.length);
    this.#square = new Float32Array(parameters.length);
  }

  /** One step against the gradient, of about `rate` per parameter. */
  step(gradient: Float32Array, rate: number): void {
    this.#steps++;
    const meanScale = 1 / (1 - firstDecay ** this.#steps);
    const squareScale = 1 / (1 - secondDecay ** this.#steps);
    for (let i = 0; i < gradient.length; i++) {
      const value = gradient[i];
      this.#mean[i] += (1 - firstDecay) * (value - this.#mean[i]);
      this.#square[i] += (1 - secondDecay) * (value * value - this.#square[i]);
      this.#parameters[i] -=
        (rate * this.#mean[i] * meanScale) / (Math.sqrt(this.#square[i] * squareScale) + epsilon);
    }
  }
}
