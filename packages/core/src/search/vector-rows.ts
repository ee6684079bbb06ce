import { defaultKernel } from '../kernels/default-kernel.ts';
import type { VectorMemory } from '../kernels/kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf } from '../vectors/matrix.ts';
import type { StoredVectors } from './stored-vectors.ts';

/** Vectors per chunk. Chunks are never copied when more vectors come. */
const chunkRows = 4096;

/** A growing list of float32 vectors, scored by their dot product with a query. */
export class VectorRows implements StoredVectors {
  readonly dimensions: number;
  rows = 0;
  readonly #chunks: VectorMemory[] = [];

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  get bytesPerVector(): number {
    return this.dimensions * Float32Array.BYTES_PER_ELEMENT;
  }

  append(vectors: Matrix): void {
    for (let i = 0; i < vectors.rows; i++) this.#push(rowOf(vectors, i));
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    for (let i = 0; i < rows.length; i++) this.#push(other.at(rows[i]));
  }

  /** Vector `row` as a view, not a copy. */
  at(row: number): Float32Array {
    const offset = (row % chunkRows) * this.dimensions;
    const { data } = this.#chunks[Math.floor(row / chunkRows)];
    return data.subarray(offset, offset + this.dimensions);
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const scores = new Float64Array(rows.length);
    const counts = new Uint32Array(this.#chunks.length);
    for (let i = 0; i < rows.length; i++) counts[Math.floor(rows[i] / chunkRows)]++;
    const places = Array.from(counts, (count) => new Uint32Array(count));
    const origins = Array.from(counts, (count) => new Uint32Array(count));
    counts.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const chunk = Math.floor(rows[i] / chunkRows);
      const at = counts[chunk]++;
      places[chunk][at] = rows[i] % chunkRows;
      origins[chunk][at] = i;
    }
    for (const [i, chunk] of this.#chunks.entries()) {
      if (counts[i] === 0) continue;
      const products = chunk.dotProducts(query, places[i]);
      for (let j = 0; j < products.length; j++) scores[origins[i][j]] = products[j];
    }
    return scores;
  }

  /** All vectors in blocks of consecutive rows, as views. */
  *blocks(): Generator<Matrix> {
    for (const [i, chunk] of this.#chunks.entries()) {
      const rows = Math.min(chunkRows, this.rows - i * chunkRows);
      const data = chunk.data.subarray(0, rows * this.dimensions);
      yield { rows, columns: this.dimensions, data };
    }
  }

  /** A list of the named rows only, in the order they are named. */
  select(rows: ArrayLike<number>): VectorRows {
    const selected = new VectorRows(this.dimensions);
    selected.appendFrom(this, rows);
    return selected;
  }

  /**
   * Lists of up to `rows` vectors each, one after the other, that share the memory of this one: all but
   * the chunk that is not full yet, of which both may fill the rest.
   *
   * @param rows a multiple of 4096
   */
  split(rows: number): VectorRows[] {
    const parts: VectorRows[] = [];
    for (let start = 0; start < this.rows; start += rows) {
      const part = new VectorRows(this.dimensions);
      part.rows = Math.min(rows, this.rows - start);
      part.#chunks.push(...this.#chunks.slice(start / chunkRows, (start + rows) / chunkRows));
      const started = part.rows % chunkRows;
      if (started > 0) {
        const copy = part.#createChunk();
        copy.data.set((part.#chunks.pop() as VectorMemory).data);
        part.#chunks.push(copy);
      }
      parts.push(part);
    }
    return parts;
  }

  /**
   * The lists one after the other, sharing their memory where that is possible: all but the last consist
   * of whole chunks.
   */
  static concatenate(dimensions: number, lists: readonly VectorRows[]): VectorRows {
    const whole = new VectorRows(dimensions);
    for (const list of lists) {
      if (whole.rows % chunkRows === 0) {
        whole.#chunks.push(...list.#chunks);
        whole.rows += list.rows;
      } else {
        for (const block of list.blocks()) whole.append(block);
      }
    }
    return whole;
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

  #push(vector: Float32Array): void {
    const within = this.rows % chunkRows;
    if (within === 0) this.#chunks.push(this.#createChunk());
    this.#chunks[this.#chunks.length - 1].data.set(vector, within * this.dimensions);
    this.rows++;
  }

  #createChunk(): VectorMemory {
    return defaultKernel().createVectorMemory(chunkRows, this.dimensions);
  }
}
