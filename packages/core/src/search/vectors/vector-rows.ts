import type { SharedKernel } from '../../kernels/scan/shared-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row as rowOf } from '../../vectors/matrix.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { SharedVectors } from './vector-chunks.ts';
import { blockRows, VectorChunks } from './vector-chunks.ts';

/** A growing list of float32 vectors, scored by their dot product with a query. */
export class VectorRows implements StoredVectors {
  readonly format = 'float32';
  readonly dimensions: number;
  rows = 0;
  #chunks: VectorChunks;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#chunks = new VectorChunks('float32', dimensions);
  }

  get bytesPerVector(): number {
    return this.#chunks.bytesPerRow;
  }

  append(vectors: Matrix): void {
    for (let i = 0; i < vectors.rows; i++) this.#push(rowOf(vectors, i));
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    for (let i = 0; i < rows.length; i++) this.#push(other.at(rows[i]));
  }

  /** Vector `row` as a view, not a copy. */
  at(row: number): Float32Array {
    return this.#chunks.floatsAt(row);
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    return this.#chunks.scores(rows, query);
  }

  /** All vectors in blocks of consecutive rows, as views. */
  *blocks(): Generator<Matrix> {
    for (let start = 0; start < this.rows; start += blockRows) {
      const rows = Math.min(blockRows, this.rows - start);
      yield { rows, columns: this.dimensions, data: this.#chunks.floatsAt(start, rows) };
    }
  }

  encoded(rows: ArrayLike<number>): Uint8Array {
    return this.#chunks.copy(rows);
  }

  appendEncoded(bytes: Uint8Array): void {
    this.#chunks.write(this.rows, bytes);
    this.rows += bytes.length / this.bytesPerVector;
  }

  /** Moves them, and those to come, to memory that other threads read as well. */
  share(kernel: SharedKernel): SharedVectors {
    return this.#chunks.share(kernel);
  }

  /** A list of the named rows only, in the order they are named. */
  select(rows: ArrayLike<number>): VectorRows {
    const selected = new VectorRows(this.dimensions);
    selected.appendFrom(this, rows);
    return selected;
  }

  /**
   * Lists of up to 65,536 vectors each, one after the other, that share the memory of this one: all but
   * the chunk that is not full yet, of which both may fill the rest.
   */
  split(): VectorRows[] {
    return this.#chunks
      .split(this.rows)
      .map(({ chunks, rows }) => VectorRows.#of(this.dimensions, chunks, rows));
  }

  /**
   * The lists one after the other, sharing their memory where that is possible: all but the last hold a
   * multiple of 65,536 vectors.
   */
  static concatenate(dimensions: number, lists: readonly VectorRows[]): VectorRows {
    const whole = new VectorRows(dimensions);
    for (const list of lists) {
      if (whole.#chunks.adopt(list.#chunks, whole.rows)) whole.rows += list.rows;
      else for (const block of list.blocks()) whole.append(block);
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

  static #of(dimensions: number, chunks: VectorChunks, rows: number): VectorRows {
    const list = new VectorRows(dimensions);
    list.#chunks = chunks;
    list.rows = rows;
    return list;
  }

  #push(vector: Float32Array): void {
    this.#chunks.ensure(this.rows);
    this.at(this.rows++).set(vector);
  }
}
