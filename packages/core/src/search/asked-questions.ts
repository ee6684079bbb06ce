import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf, rowRange, zeros } from '../vectors/matrix.ts';
import type { Random } from '../vectors/random.ts';

/**
 * A sample of the questions that are asked, each as likely in it as any other, and none twice.
 *
 * Source: Vitter, "Random Sampling with a Reservoir", 1985 (algorithm R).
 */
export class AskedQuestions {
  /** How many were noted, those that are not in the sample included. */
  count = 0;
  #kept = 0;
  readonly #sample: Matrix;
  readonly #random: Random;

  constructor(most: number, dimensions: number, random: Random) {
    this.#sample = zeros(most, dimensions);
    this.#random = random;
  }

  note(question: ArrayLike<number>): void {
    const { rows } = this.#sample;
    const place = this.count < rows ? this.#kept : Math.floor(this.#random() * (this.count + 1));
    if (place < rows) {
      if (this.#has(question)) return;
      rowOf(this.#sample, place).set(question);
      this.#kept = Math.max(this.#kept, place + 1);
    }
    this.count++;
  }

  /** The sample, or the first `most` of it, which are one as well: copied. */
  sample(most: number): Matrix {
    const { columns, data, rows } = rowRange(this.#sample, 0, Math.min(most, this.#kept));
    return { rows, columns, data: data.slice() };
  }

  /**
   * One of two halves of the sample, in which no question is in both.
   *
   * @returns undefined for fewer than are wanted
   */
  half(which: 0 | 1, fewest: number): Matrix | undefined {
    const rows = (this.#kept + 1 - which) >> 1;
    if (rows < fewest) return undefined;
    const half = zeros(rows, this.#sample.columns);
    for (let i = 0; i < rows; i++) rowOf(half, i).set(rowOf(this.#sample, 2 * i + which));
    return half;
  }

  #has(question: ArrayLike<number>): boolean {
    for (let i = 0; i < this.#kept; i++) {
      const known = rowOf(this.#sample, i);
      let same = 0;
      while (same < known.length && known[same] === Math.fround(question[same])) same++;
      if (same === known.length) return true;
    }
    return false;
  }
}
