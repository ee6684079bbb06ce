import { turnLanes as lanes } from '../kernels/matrix/float64.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';

/** Turns that are put off: all of them are done on some coordinates while these are in the fastest cache. */
const mostPending = 4096;

/**
 * Vectors of which neighbours are turned towards one another, many times. The coordinates are laid out in groups
 * of four, and within these vector after vector.
 */
export class TurnedBasis {
  readonly #size: number;
  readonly #values: Float64Array;
  readonly #first = new Int32Array(mostPending);
  readonly #cosines = new Float64Array(mostPending);
  readonly #sines = new Float64Array(mostPending);
  #pending = 0;

  /** @param vectors `size x size`, one a row; copied */
  constructor(vectors: Float64Array, size: number) {
    this.#size = size;
    this.#values = new Float64Array(Math.ceil(size / lanes) * lanes * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) this.#values[this.#at(i, j)] = vectors[i * size + j];
    }
  }

  /** Vector `k` becomes `cosine · itself + sine · the next`, and that one `cosine · itself - sine · vector k`. */
  turn(k: number, cosine: number, sine: number): void {
    if (this.#pending === mostPending) this.#turnAll();
    this.#first[this.#pending] = k;
    this.#cosines[this.#pending] = cosine;
    this.#sines[this.#pending++] = sine;
  }

  vector(i: number): Float64Array {
    if (this.#pending > 0) this.#turnAll();
    return Float64Array.from({ length: this.#size }, (_, j) => this.#values[this.#at(i, j)]);
  }

  #at(vector: number, coordinate: number): number {
    const group = Math.floor(coordinate / lanes);
    return (group * this.#size + vector) * lanes + (coordinate % lanes);
  }

  #turnAll(): void {
    matrixKernel().turnVectors(this.#values, this.#size, {
      count: this.#pending,
      first: this.#first,
      cosines: this.#cosines,
      sines: this.#sines,
    });
    this.#pending = 0;
  }
}
