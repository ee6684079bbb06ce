import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf, zeros } from '../vectors/matrix.ts';
import { ByteRows } from './byte-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { VectorCodec } from './vector-codec.ts';

const blockRows = 1024;

/** Vectors in memory that are kept shorter than as float32. */
export class EncodedRows implements StoredVectors {
  readonly dimensions: number;
  readonly #encoded: ByteRows;
  readonly #codec: VectorCodec;

  constructor(codec: VectorCodec) {
    this.dimensions = codec.dimensions;
    this.#codec = codec;
    this.#encoded = new ByteRows(codec.bytesPerVector);
  }

  get rows(): number {
    return this.#encoded.rows;
  }

  get bytesPerVector(): number {
    return this.#encoded.bytesPerRow;
  }

  append(vectors: Matrix): void {
    const bytes = new Uint8Array(this.bytesPerVector);
    for (let i = 0; i < vectors.rows; i++) {
      this.#codec.encode(rowOf(vectors, i), bytes);
      this.#encoded.push(bytes);
    }
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    for (let i = 0; i < rows.length; i++) {
      this.#encoded.push((other as EncodedRows).#encoded.at(rows[i]));
    }
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const score = this.#codec.scorer(query);
    const scores = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) scores[i] = score(this.#encoded.at(rows[i]));
    return scores;
  }

  at(row: number): Float32Array {
    const vector = new Float32Array(this.dimensions);
    this.#codec.decode(this.#encoded.at(row), vector);
    return vector;
  }

  *blocks(): Generator<Matrix> {
    for (let start = 0; start < this.rows; start += blockRows) {
      const block = zeros(Math.min(blockRows, this.rows - start), this.dimensions);
      for (let i = 0; i < block.rows; i++) {
        this.#codec.decode(this.#encoded.at(start + i), rowOf(block, i));
      }
      yield block;
    }
  }
}
