import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf } from '../vectors/matrix.ts';

/** Vectors per chunk. Chunks are never copied when more vectors come. */
const chunkRows = 4096;

/** A growing list of float32 vectors, scored by their dot product with a query. */
export class VectorRows {
  readonly dimensions: number;
  rows = 0;
  readonly #chunks: Float32Array[] = [];

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  append(vectors: Matrix): void {
    for (let i = 0; i < vectors.rows; i++, this.rows++) {
      const within = this.rows % chunkRows;
      if (within === 0) this.#chunks.push(new Float32Array(chunkRows * this.dimensions));
      this.#chunks.at(-1)?.set(rowOf(vectors, i), within * this.dimensions);
    }
  }

  /** Vector `row` as a view, not a copy. */
  at(row: number): Float32Array {
    const offset = (row % chunkRows) * this.dimensions;
    return this.#chunks[Math.floor(row / chunkRows)].subarray(offset, offset + this.dimensions);
  }

  dot(row: number, query: Float32Array): number {
    const chunk = this.#chunks[Math.floor(row / chunkRows)];
    const { dimensions } = this;
    const offset = (row % chunkRows) * dimensions;
    // Four sums, so that the additions do not wait for one another.
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let j = 0;
    for (; j + 3 < dimensions; j += 4) {
      sum0 += chunk[offset + j] * query[j];
      sum1 += chunk[offset + j + 1] * query[j + 1];
      sum2 += chunk[offset + j + 2] * query[j + 2];
      sum3 += chunk[offset + j + 3] * query[j + 3];
    }
    for (; j < dimensions; j++) sum0 += chunk[offset + j] * query[j];
    return sum0 + sum1 + (sum2 + sum3);
  }

  /** All vectors in blocks of consecutive rows, as views. */
  *blocks(): Generator<Matrix> {
    for (const [i, chunk] of this.#chunks.entries()) {
      const rows = Math.min(chunkRows, this.rows - i * chunkRows);
      const data = chunk.subarray(0, rows * this.dimensions);
      yield { rows, columns: this.dimensions, data };
    }
  }

  /** A list of the named rows only, in the order they are named. */
  select(rows: ArrayLike<number>): VectorRows {
    const selected = new VectorRows(this.dimensions);
    for (let i = 0; i < rows.length; i++) {
      selected.append({ rows: 1, columns: this.dimensions, data: this.at(rows[i]) });
    }
    return selected;
  }

  /** All vectors as one matrix, copied. */
  toMatrix(): Matrix {
    const data = new Float32Array(this.rows * this.dimensions);
    let offset = 0;
    for (const block of this.blocks()) {
      data.set(block.data, offset);
      offset += block.data.length;
    }
    return { rows: this.rows, columns: this.dimensions, data };
  }
}
