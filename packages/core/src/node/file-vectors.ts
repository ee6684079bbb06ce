import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { scanKernel } from '../kernels/scan/scan-kernel.ts';
import type { VectorFormatName } from '../kernels/scan/vector-layout.ts';
import type { VectorMemory } from '../kernels/scan/vector-memory.ts';
import type { StoredVectors } from '../search/vectors/stored-vectors.ts';
import type { VectorCodec } from '../search/vectors/vector-codecs.ts';
import { vectorCodec } from '../search/vectors/vector-codecs.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf, zeros } from '../vectors/matrix.ts';

export interface FileVectorsOptions {
  /** An existing folder for the working files. */
  readonly directory: string;
  /** Default: `float32`. */
  readonly format?: VectorFormatName | undefined;
}

/** Vectors that are written or listed at a time. */
const blockRows = 256;
const firstRows = Uint32Array.from({ length: blockRows }, (_, i) => i);
/** What lies between two rows is read along with them up to as much: a page costs as much as a byte. */
const pageBytes = 4096;

/** Closes files whose stores are gone. */
const abandoned = new FinalizationRegistry<number>((file) => closeSync(file));

/**
 * Storage for an index that keeps the vectors it re-ranks with in files, so that memory holds codes only.
 * They are working files of this process: their names vanish at once, their bytes with the index.
 */
export function fileVectors({
  directory,
  format = 'float32',
}: FileVectorsOptions): (dimensions: number) => StoredVectors {
  return (dimensions) => new FileVectors(directory, vectorCodec(format, dimensions));
}

class FileVectors implements StoredVectors {
  rows = 0;
  readonly #codec: VectorCodec;
  readonly #file: number;
  /** Holds the rows that were read last. */
  #buffer = new Uint8Array(0);
  /** Holds rows that are written. */
  #written = new Uint8Array(0);
  /** Rows that are read to be scored. */
  #scored: VectorMemory | undefined;

  /**
   * @throws BitryoshkaError `write-failed`
   */
  constructor(directory: string, codec: VectorCodec) {
    this.#codec = codec;
    const path = join(directory, `${randomUUID()}.vectors`);
    this.#file = attempt(path, () => openSync(path, 'wx+'));
    abandoned.register(this, this.#file);
    unlinkSync(path);
  }

  get dimensions(): number {
    return this.#codec.dimensions;
  }

  get bytesPerVector(): number {
    return this.#codec.bytesPerVector;
  }

  append(vectors: Matrix): void {
    const { bytesPerVector: bytes } = this;
    for (let start = 0; start < vectors.rows; start += blockRows) {
      const rows = Math.min(blockRows, vectors.rows - start);
      const block = this.#block(rows);
      for (let i = 0; i < rows; i++) {
        const encoded = block.subarray(i * bytes, (i + 1) * bytes);
        this.#codec.encode(rowOf(vectors, start + i), encoded);
      }
      this.#write(block, start);
    }
    this.rows += vectors.rows;
  }

  appendFrom(other: StoredVectors, rows: ArrayLike<number>): void {
    const { bytesPerVector: bytes } = this;
    for (let start = 0; start < rows.length; start += blockRows) {
      const count = Math.min(blockRows, rows.length - start);
      const block = this.#block(count);
      const wanted = Array.from({ length: count }, (_, i) => rows[start + i]);
      (other as FileVectors).#read(wanted, (i, encoded) => block.set(encoded, i * bytes));
      this.#write(block, start);
    }
    this.rows += rows.length;
  }

  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const { bytesPerVector: bytes, dimensions } = this;
    const { format } = this.#codec;
    this.#scored ??= scanKernel().createVectorMemory(blockRows, dimensions, format);
    const memory = this.#scored;
    const scores = new Float64Array(rows.length);
    const waiting: number[] = [];
    const score = () => {
      const products = memory.dotProducts(query, firstRows.subarray(0, waiting.length));
      for (const [j, i] of waiting.entries()) scores[i] = products[j];
      waiting.length = 0;
    };
    this.#read(rows, (i, encoded) => {
      memory.bytes.set(encoded, waiting.length * bytes);
      if (waiting.push(i) === blockRows) score();
    });
    score();
    return scores;
  }

  at(row: number): Float32Array {
    const vector = new Float32Array(this.dimensions);
    this.#read([row], (_, encoded) => this.#codec.decode(encoded, vector));
    return vector;
  }

  *blocks(): Generator<Matrix> {
    for (let start = 0; start < this.rows; start += blockRows) {
      const block = zeros(Math.min(blockRows, this.rows - start), this.dimensions);
      const rows = Array.from({ length: block.rows }, (_, i) => start + i);
      this.#read(rows, (i, encoded) => this.#codec.decode(encoded, rowOf(block, i)));
      yield block;
    }
  }

  #block(rows: number): Uint8Array {
    const length = rows * this.bytesPerVector;
    if (this.#written.length < length) this.#written = new Uint8Array(length);
    return this.#written.subarray(0, length);
  }

  /** @param offset rows behind the last that counts: nothing counts before all is written */
  #write(block: Uint8Array, offset: number): void {
    let position = (this.rows + offset) * this.bytesPerVector;
    for (let rest = block; rest.length > 0; ) {
      const written = attempt('vectors', () =>
        writeSync(this.#file, rest, 0, rest.length, position),
      );
      position += written;
      rest = rest.subarray(written);
    }
  }

  /** Reads rows in the order of the file, those that lie close together at once. */
  #read(rows: ArrayLike<number>, take: (i: number, encoded: Uint8Array) => void): void {
    const { bytesPerVector: bytes } = this;
    const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => rows[a] - rows[b]);
    for (let start = 0, end = 0; start < order.length; start = end) {
      const first = rows[order[start]];
      for (end = start + 1; end < order.length && end < start + blockRows; end++) {
        if ((rows[order[end]] - rows[order[end - 1]] - 1) * bytes > pageBytes) break;
      }
      const last = rows[order[end - 1]];
      this.#fill(first * bytes, (last + 1 - first) * bytes);
      for (let i = start; i < end; i++) {
        const at = (rows[order[i]] - first) * bytes;
        take(order[i], this.#buffer.subarray(at, at + bytes));
      }
    }
  }

  /**
   * @throws BitryoshkaError `truncated-file`
   */
  #fill(position: number, length: number): void {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const read = readSync(this.#file, this.#buffer, 0, length, position);
    if (read === length) return;
    throw new BitryoshkaError({
      code: 'truncated-file',
      message: `vectors: got ${read} bytes of the working file, expected ${length}.`,
      remedy: 'Build the index again, on a disk that keeps what is written.',
    });
  }
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${path}: could not write the working file (${String(cause)}).`,
      remedy: 'Name an existing folder that may be written to, on a disk with room.',
      cause,
    });
  }
}
