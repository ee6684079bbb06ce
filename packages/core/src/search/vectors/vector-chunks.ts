import { scanKernel } from '../../kernels/scan/scan-kernel.ts';
import type { SharedKernel } from '../../kernels/scan/shared-kernel.ts';
import type { VectorFormatName } from '../../kernels/scan/vector-layout.ts';
import { bytesOfVector } from '../../kernels/scan/vector-layout.ts';
import type { VectorMemory } from '../../kernels/scan/vector-memory.ts';

/** Vectors in memory that other threads read, in chunks. */
export interface SharedVectors {
  readonly format: VectorFormatName;
  readonly dimensions: number;
  readonly memories: readonly WebAssembly.Memory[];
}

/** Vectors are listed in blocks of so many, each of which lies in one chunk. */
export const blockRows = 1024;
/** Rows after which chunks start over. */
const periodRows = 65536;
/** First rows of the chunks of a period, and its end: multiples of `blockRows`. */
const starts = [0, 4096, 16384, periodRows];
const chunksPerPeriod = starts.length - 1;

/** One for all lists that share it, so that it is moved for all of them. */
interface Chunk {
  memory: VectorMemory;
  /** The same bytes, for vectors that are float32. */
  floats: Float32Array;
}

/**
 * Rows of vectors in chunks of kernel memory, which are never copied when more rows come. Chunks grow, so
 * that few rows take little memory and many rows are scored in few calls.
 */
export class VectorChunks {
  readonly bytesPerRow: number;
  readonly #format: VectorFormatName;
  readonly #dimensions: number;
  readonly #chunks: Chunk[] = [];
  /** Where memory is shared with other threads. */
  #shared: SharedKernel | undefined;

  constructor(format: VectorFormatName, dimensions: number) {
    this.bytesPerRow = bytesOfVector(format, dimensions);
    this.#format = format;
    this.#dimensions = dimensions;
  }

  /** Makes room up to a row. */
  ensure(row: number): void {
    const chunk = chunkOf(row);
    while (this.#chunks.length <= chunk) this.#chunks.push(this.#create(this.#chunks.length));
  }

  /** Writes rows one after the other from a row on, making room. */
  write(first: number, bytes: Uint8Array): void {
    for (let start = 0, row = first; start < bytes.length; ) {
      this.ensure(row);
      const chunk = chunkOf(row);
      const end = Math.min(bytes.length, start + (startOf(chunk + 1) - row) * this.bytesPerRow);
      const offset = (row - startOf(chunk)) * this.bytesPerRow;
      this.#chunks[chunk].memory.bytes.set(bytes.subarray(start, end), offset);
      row = startOf(chunk + 1);
      start = end;
    }
  }

  /** The named rows, one after the other, copied. */
  copy(rows: ArrayLike<number>): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(rows.length * this.bytesPerRow);
    for (let i = 0; i < rows.length; i++) bytes.set(this.at(rows[i]), i * this.bytesPerRow);
    return bytes;
  }

  /** The bytes of a row there is room for, as a view. */
  at(row: number): Uint8Array {
    const chunk = chunkOf(row);
    const offset = (row - startOf(chunk)) * this.bytesPerRow;
    return this.#chunks[chunk].memory.bytes.subarray(offset, offset + this.bytesPerRow);
  }

  /** Rows as float32 values, as a view; several must not begin in different blocks of 1024. */
  floatsAt(row: number, count = 1): Float32Array {
    const chunk = chunkOf(row);
    const offset = (row - startOf(chunk)) * this.#dimensions;
    return this.#chunks[chunk].floats.subarray(offset, offset + count * this.#dimensions);
  }

  /** The dot products of a query and the named rows: quickest for rows in increasing order. */
  scores(rows: ArrayLike<number>, query: Float32Array): Float64Array {
    const { length } = rows;
    if (scratch.within.length < length) {
      scratch = { chunks: new Uint32Array(2 * length), within: new Uint32Array(2 * length) };
    }
    const { chunks, within } = scratch;
    let isAscending = true;
    for (let i = 0, last = 0; i < length; i++) {
      const chunk = chunkOf(rows[i]);
      chunks[i] = chunk;
      within[i] = rows[i] - startOf(chunk);
      if (chunk < last) isAscending = false;
      last = chunk;
    }
    if (!isAscending) return this.#scoresByChunk(length, query);
    // Chunk after chunk, as they come.
    const scores = new Float64Array(length);
    for (let start = 0, end = 0; start < length; start = end) {
      while (end < length && chunks[end] === chunks[start]) end++;
      const { memory } = this.#chunks[chunks[start]];
      scores.set(memory.dotProducts(query, within.subarray(start, end)), start);
    }
    return scores;
  }

  /** The first `rows` rows by periods, sharing all chunks that are full. */
  split(rows: number): { readonly chunks: VectorChunks; readonly rows: number }[] {
    const parts: { readonly chunks: VectorChunks; readonly rows: number }[] = [];
    for (let start = 0; start < rows; start += periodRows) {
      const chunks = new VectorChunks(this.#format, this.#dimensions);
      const ofPart = Math.min(periodRows, rows - start);
      const first = chunkOf(start);
      for (let chunk = 0; startOf(chunk) < ofPart; chunk++) {
        const own = this.#chunks[first + chunk];
        chunks.#chunks.push(startOf(chunk + 1) <= ofPart ? own : this.#copyOf(chunk, own));
      }
      parts.push({ chunks, rows: ofPart });
    }
    return parts;
  }

  /** Shares all chunks of another list behind `rows` rows of this one, if these fill periods. */
  adopt(other: VectorChunks, rows: number): boolean {
    if (rows % periodRows !== 0) return false;
    this.#chunks.push(...other.#chunks);
    return true;
  }

  /** Moves what is there, and what will be, to memory that other threads read as well. */
  share(kernel: SharedKernel): SharedVectors {
    this.#shared = kernel;
    const memories = this.#chunks.map((chunk, number) => {
      const { memory } = chunk;
      if (!kernel.memoryOf(memory)) {
        Object.assign(chunk, this.#create(number));
        chunk.memory.bytes.set(memory.bytes);
      }
      return kernel.memoryOf(chunk.memory) as WebAssembly.Memory;
    });
    return { format: this.#format, dimensions: this.#dimensions, memories };
  }

  /** What another thread shares, to be read. */
  static open({ format, dimensions, memories }: SharedVectors, kernel: SharedKernel): VectorChunks {
    const opened = new VectorChunks(format, dimensions);
    for (const [chunk, memory] of memories.entries()) {
      const rows = rowsOf(chunk);
      opened.#chunks.push(chunkOver(kernel.openVectorMemory(memory, rows, dimensions, format)));
    }
    return opened;
  }

  /** The same for the first rows of `scratch` in any order, each chunk at once. */
  #scoresByChunk(length: number, query: Float32Array): Float64Array {
    const { chunks, within } = scratch;
    const ends = new Uint32Array(this.#chunks.length + 1);
    for (let i = 0; i < length; i++) ends[chunks[i] + 1]++;
    for (let chunk = 1; chunk < ends.length; chunk++) ends[chunk] += ends[chunk - 1];
    const [items, rows] = [new Uint32Array(length), new Uint32Array(length)];
    for (let i = 0; i < length; i++) {
      // Where its chunk begins becomes where it ends.
      const at = ends[chunks[i]]++;
      items[at] = i;
      rows[at] = within[i];
    }
    const scores = new Float64Array(length);
    for (let chunk = 0, start = 0; start < length; chunk++) {
      const end = ends[chunk];
      if (end === start) continue;
      const found = this.#chunks[chunk].memory.dotProducts(query, rows.subarray(start, end));
      for (let i = start; i < end; i++) scores[items[i]] = found[i - start];
      start = end;
    }
    return scores;
  }

  #create(chunk: number): Chunk {
    const kernel = this.#shared ?? scanKernel();
    return chunkOver(kernel.createVectorMemory(rowsOf(chunk), this.#dimensions, this.#format));
  }

  #copyOf(chunk: number, { memory }: Chunk): Chunk {
    const copy = this.#create(chunk);
    copy.memory.bytes.set(memory.bytes);
    return copy;
  }
}

/** By row that is scored: its chunk, and its place there. */
let scratch = { chunks: new Uint32Array(0), within: new Uint32Array(0) };

function chunkOver(memory: VectorMemory): Chunk {
  const { buffer, byteOffset, length } = memory.bytes;
  return { memory, floats: new Float32Array(buffer, byteOffset, Math.floor(length / 4)) };
}

function rowsOf(chunk: number): number {
  return startOf(chunk + 1) - startOf(chunk);
}

function chunkOf(row: number): number {
  const within = row % periodRows;
  const chunk = within < starts[1] ? 0 : within < starts[2] ? 1 : 2;
  return ((row - within) / periodRows) * chunksPerPeriod + chunk;
}

function startOf(chunk: number): number {
  const within = chunk % chunksPerPeriod;
  return ((chunk - within) / chunksPerPeriod) * periodRows + starts[within];
}
