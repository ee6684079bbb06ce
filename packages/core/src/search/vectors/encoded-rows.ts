import type { SharedKernel } from '../../kernels/scan/shared-kernel.ts';
import type { VectorFormatName } from '../../kernels/scan/vector-layout.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row as rowOf, zeros } from '../../vectors/matrix.ts';
import { settleEstimates } from './estimated-scores.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { SharedVectors } from './vector-chunks.ts';
import { blockRows, VectorChunks } from './vector-chunks.ts';
import type { VectorCodec } from './vector-codecs.ts';

/** Vectors in memory that are kept shorter than as float32. */
export class EncodedRows implements StoredVectors {
  readonly dimensions: number;
  rows = 0;
  readonly #encoded: VectorChunks;
  readonly #codec: VectorCodec;

  /** @param encoded default: none yet */
  constructor(
    codec: VectorCodec,
    encoded: VectorChunks = new VectorChunks(codec.format, codec.dimensions),
  ) {
    this.dimensions = codec.dimensions;
    this.#codec = codec;
    this.#encoded = encoded;
  }

  get bytesPerVector(): number {
    return this.#encoded.bytesPerRow;
  }

  append(vectors: Matrix): void {
    for (let i = 0; i < vectors.rows; i++) this.#codec.encode(rowOf(vectors, i), this.#next());
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    for (let i = 0; i < rows.length; i++) {
      this.#next().set((other as EncodedRows).#encoded.at(rows[i]));
    }
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const { turn } = this.#codec;
    if (!turn) return this.#encoded.scores(rows, query);
    const scores = this.#encoded.scores(rows, turn(query));
    settleEstimates(scores, query, this.#codec, (i) => this.#encoded.at(rows[i]));
    return scores;
  }

  get isEstimating(): boolean {
    return this.#codec.turn !== undefined;
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

  get format(): VectorFormatName {
    return this.#codec.format;
  }

  encoded(rows: ArrayLike<number>): Uint8Array {
    return this.#encoded.copy(rows);
  }

  appendEncoded(bytes: Uint8Array): void {
    this.#encoded.write(this.rows, bytes);
    this.rows += bytes.length / this.bytesPerVector;
  }

  /** Moves them, and those to come, to memory that other threads read as well. */
  share(kernel: SharedKernel): SharedVectors {
    return this.#encoded.share(kernel);
  }

  /** Room for one more. */
  #next(): Uint8Array {
    this.#encoded.ensure(this.rows);
    return this.#encoded.at(this.rows++);
  }
}
