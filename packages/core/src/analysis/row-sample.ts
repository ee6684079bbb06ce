import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange, zeros } from '../vectors/matrix.ts';
import { seededRandom } from '../vectors/random.ts';

/** A sample and the priorities of its rows, lowest first. */
export interface SampledRows {
  readonly rows: Matrix;
  readonly priorities: Float64Array;
}

/**
 * A uniform sample of the rows of a stream. Every row draws a priority that depends on nothing but the
 * seed and its place in the stream, and the rows of the lowest priorities stay: so the sample is all
 * rows until there are more than `capacity`, how the stream was cut into blocks does not matter, and
 * the lowest of two samples together are a sample of both streams.
 */
export class RowSample {
  readonly capacity: number;
  readonly #seed: number;
  /** Room for twice the capacity, so that the lowest are sorted out once per capacity, not per row. */
  #held: Matrix;
  #priorities: Float64Array = new Float64Array(0);
  #count = 0;
  /** A row of this priority or a higher one cannot stay. */
  #limit = Number.POSITIVE_INFINITY;

  constructor(columns: number, capacity: number, seed: number) {
    this.capacity = capacity;
    this.#seed = seed;
    this.#held = zeros(0, columns);
  }

  /** @param position place of the first of the rows in the stream */
  add(vectors: Matrix, position: number): void {
    for (let i = 0; i < vectors.rows; i++) {
      this.#offer(row(vectors, i), seededRandom(this.#seed + position + i)());
    }
  }

  merge({ rows, priorities }: SampledRows): void {
    for (let i = 0; i < rows.rows; i++) this.#offer(row(rows, i), priorities[i]);
  }

  /** A view that is valid until more rows come. */
  sampled(): SampledRows {
    this.#sortOut();
    return {
      rows: rowRange(this.#held, 0, this.#count),
      priorities: this.#priorities.subarray(0, this.#count),
    };
  }

  #offer(vector: Float32Array, priority: number): void {
    if (priority >= this.#limit) return;
    if (this.#count === 2 * this.capacity) {
      this.#sortOut();
      if (priority >= this.#limit) return;
    }
    if (this.#count === this.#held.rows) this.#grow();
    this.#held.data.set(vector, this.#count * this.#held.columns);
    this.#priorities[this.#count++] = priority;
  }

  #grow(): void {
    const larger = zeros(
      Math.min(2 * this.capacity, Math.max(64, 2 * this.#held.rows)),
      this.#held.columns,
    );
    larger.data.set(this.#held.data);
    const priorities = new Float64Array(larger.rows);
    priorities.set(this.#priorities);
    this.#held = larger;
    this.#priorities = priorities;
  }

  /** Brings the rows into the order of their priorities and drops those that cannot stay. */
  #sortOut(): void {
    const before = this.#priorities;
    const order = Array.from({ length: this.#count }, (_, i) => i)
      .sort((a, b) => before[a] - before[b])
      .slice(0, this.capacity);
    const sorted = zeros(this.#held.rows, this.#held.columns);
    const priorities = new Float64Array(before.length);
    order.forEach((from, to) => {
      sorted.data.set(row(this.#held, from), to * sorted.columns);
      priorities[to] = before[from];
    });
    this.#held = sorted;
    this.#priorities = priorities;
    this.#count = order.length;
    if (order.length === this.capacity) this.#limit = priorities[this.capacity - 1];
  }
}
