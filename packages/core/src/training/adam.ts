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
  /** Running means of the gradients and of their squares: with the number of steps, all that it remembers. */
  readonly moments: readonly [means: Float32Array, squares: Float32Array];
  readonly #parameters: Float32Array;
  #steps: number;

  /**
   * @param steps that have been made already, where `moments` are filled in again
   */
  constructor(parameters: Float32Array, steps = 0) {
    this.#parameters = parameters;
    this.moments = [new Float32Array(parameters.length), new Float32Array(parameters.length)];
    this.#steps = steps;
  }

  /** One step against the gradient, of about `rate` per parameter. */
  step(gradient: Float32Array, rate: number): void {
    this.#steps++;
    const meanScale = 1 / (1 - firstDecay ** this.#steps);
    const squareScale = 1 / (1 - secondDecay ** this.#steps);
    const parameters = this.#parameters;
    const [means, squares] = this.moments;
    for (let i = 0; i < gradient.length; i++) {
      const value = gradient[i];
      means[i] += (1 - firstDecay) * (value - means[i]);
      squares[i] += (1 - secondDecay) * (value * value - squares[i]);
      parameters[i] -=
        (rate * means[i] * meanScale) / (Math.sqrt(squares[i] * squareScale) + epsilon);
    }
  }
}
