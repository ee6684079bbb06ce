import { scanKernel } from '../../kernels/scan/scan-kernel.ts';
import type { VectorMemory } from '../../kernels/scan/vector-memory.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row as rowOf, zeros } from '../../vectors/matrix.ts';
import { settleEstimates } from './estimated-scores.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { VectorCodec } from './vector-codecs.ts';

/** Vectors that are written or listed at a time. */
export const externalBlockRows: number = 256;
const firstRows = Uint32Array.from({ length: externalBlockRows }, (_, i) => i);

/** Vectors that lie outside of memory, in a file or a database, and are read when they are scored. */
export abstract class ExternalVectors implements StoredVectors {
  rows = 0;
  protected readonly codec: VectorCodec;
  /** Holds vectors that are written. */
  #written = new Uint8Array(0);
  /** Rows that are read to be scored. */
  #scored: VectorMemory | undefined;

  constructor(codec: VectorCodec) {
    this.codec = codec;
  }

  /** Writes vectors, one after the other, behind `rows + offset` rows. */
  protected abstract write(bytes: Uint8Array, offset: number): void;

  /** Reads rows, in any order. */
  protected abstract read(
    rows: ArrayLike<number>,
    take: (i: number, encoded: Uint8Array) => void,
  ): void;

  get dimensions(): number {
    return this.codec.dimensions;
  }

  get bytesPerVector(): number {
    return this.codec.bytesPerVector;
  }

  get isEstimating(): boolean {
    return this.codec.turn !== undefined;
  }

  append(vectors: Matrix): void {
    const { bytesPerVector: bytes } = this;
    for (let start = 0; start < vectors.rows; start += externalBlockRows) {
      const rows = Math.min(externalBlockRows, vectors.rows - start);
      const block = this.#block(rows);
      for (let i = 0; i < rows; i++) {
        const encoded = block.subarray(i * bytes, (i + 1) * bytes);
        this.codec.encode(rowOf(vectors, start + i), encoded);
      }
      this.write(block, start);
    }
    this.rows += vectors.rows;
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    const { bytesPerVector: bytes } = this;
    for (let start = 0; start < rows.length; start += externalBlockRows) {
      const count = Math.min(externalBlockRows, rows.length - start);
      const block = this.#block(count);
      const wanted = Array.from({ length: count }, (_, i) => rows[start + i]);
      (other as ExternalVectors).read(wanted, (i, encoded) => block.set(encoded, i * bytes));
      this.write(block, start);
    }
    this.rows += rows.length;
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const { bytesPerVector: bytes, dimensions } = this;
    const { format, turn } = this.codec;
    this.#scored ??= scanKernel().createVectorMemory(externalBlockRows, dimensions, format);
    const memory = this.#scored;
    const scores = new Float64Array(rows.length);
    const waiting: number[] = [];
    const score = () => {
      const asked = turn?.(query) ?? query;
      const products = memory.dotProducts(asked, firstRows.subarray(0, waiting.length));
      const settled = Float64Array.from(products);
      if (turn) {
        settleEstimates(settled, query, this.codec, (j) =>
          memory.bytes.subarray(j * bytes, (j + 1) * bytes),
        );
      }
      for (const [j, i] of waiting.entries()) scores[i] = settled[j];
      waiting.length = 0;
    };
    this.read(rows, (i, encoded) => {
      memory.bytes.set(encoded, waiting.length * bytes);
      if (waiting.push(i) === externalBlockRows) score();
    });
    score();
    return scores;
  }

  /** The same for several queries, for which each row is read once: 256 rows at most. */
  scoresOfEach(rows: ArrayLike<number>, queries: Matrix): Float32Array[] {
    const { dimensions, bytesPerVector: bytes } = this;
    const { format, turn } = this.codec;
    this.#scored ??= scanKernel().createVectorMemory(externalBlockRows, dimensions, format);
    const memory = this.#scored;
    this.read(rows, (i, encoded) => memory.bytes.set(encoded, i * bytes));
    const all = firstRows.subarray(0, rows.length);
    return Array.from({ length: queries.rows }, (_, i) => {
      const query = rowOf(queries, i);
      return memory.dotProducts(turn?.(query) ?? query, all).slice();
    });
  }

  at(row: number): Float32Array {
    const vector = new Float32Array(this.dimensions);
    this.read([row], (_, encoded) => this.codec.decode(encoded, vector));
    return vector;
  }

  *blocks(): Generator<Matrix> {
    for (let start = 0; start < this.rows; start += externalBlockRows) {
      const block = zeros(Math.min(externalBlockRows, this.rows - start), this.dimensions);
      const rows = Array.from({ length: block.rows }, (_, i) => start + i);
      this.read(rows, (i, encoded) => this.codec.decode(encoded, rowOf(block, i)));
      yield block;
    }
  }

  #block(rows: number): Uint8Array {
    const length = rows * this.bytesPerVector;
    if (this.#written.length < length) this.#written = new Uint8Array(length);
    return this.#written.subarray(0, length);
  }
}
