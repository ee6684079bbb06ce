/** Values that lie side by side, and whose additions do not wait for one another. */
const lanes = 4;
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
    this.#turnAll();
    return Float64Array.from({ length: this.#size }, (_, j) => this.#values[this.#at(i, j)]);
  }

  #at(vector: number, coordinate: number): number {
    const group = Math.floor(coordinate / lanes);
    return (group * this.#size + vector) * lanes + (coordinate % lanes);
  }

  #turnAll(): void {
    const groupLength = this.#size * lanes;
    for (let start = 0; start < this.#values.length; start += groupLength) {
      this.#turnGroup(this.#values.subarray(start, start + groupLength));
    }
    this.#pending = 0;
  }

  #turnGroup(values: Float64Array): void {
    const first = this.#first;
    const cosines = this.#cosines;
    const sines = this.#sines;
    for (let t = 0, count = this.#pending; t < count; t++) {
      const cosine = cosines[t];
      const sine = sines[t];
      const p = first[t] * lanes;
      const a0 = values[p];
      const a1 = values[p + 1];
      const a2 = values[p + 2];
      const a3 = values[p + 3];
      const b0 = values[p + 4];
      const b1 = values[p + 5];
      const b2 = values[p + 6];
      const b3 = values[p + 7];
      values[p] = cosine * a0 + sine * b0;
      values[p + 1] = cosine * a1 + sine * b1;
      values[p + 2] = cosine * a2 + sine * b2;
      values[p + 3] = cosine * a3 + sine * b3;
      values[p + 4] = cosine * b0 - sine * a0;
      values[p + 5] = cosine * b1 - sine * a1;
      values[p + 6] = cosine * b2 - sine * a2;
      values[p + 7] = cosine * b3 - sine * a3;
    }
  }
}
