import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { gaussianLevels } from './gaussian-levels.ts';
import { roundQuery } from './round-query.ts';
import type { ScanExports } from './scan-exports.generated.ts';
import type { VectorFormatName } from './vector-layout.ts';
import { bytesOfVector, valuesPerByte } from './vector-layout.ts';
import type { VectorMemory } from './vector-memory.ts';

/** Rows that are scored in one call, at most. */
const batchRows = 1024;

/** A query: float32 values, or the levels and an int16 for each place that a block of 16 bytes has. */
function queryBytesOf(columns: number): number {
  return align(paddedTo(64, columns) * 4);
}

/** A query, row numbers and scores. */
export function scratchBytesOfVectors(columns: number, rows: number): number {
  return align(queryBytesOf(columns) + Math.min(rows, batchRows) * 8);
}

/**
 * Vectors from `base` on; behind them a query, row numbers and scores. All of the memory is there from the
 * beginning, as growing would detach the views of it.
 */
export class WasmVectorMemory implements VectorMemory {
  readonly bytes: Uint8Array;
  readonly #kernel: ScanExports;
  readonly #format: VectorFormatName;
  readonly #columns: number;
  readonly #queryAt: number;
  readonly #rowsAt: number;
  readonly #scoresAt: number;
  readonly #floats: Float32Array;
  readonly #words: Int16Array;
  readonly #rows: Uint32Array;
  readonly #scores: Float32Array;
  /** In the place of the scores, before they are scaled. */
  readonly #sums: Int32Array;

  /** @param party which of the areas behind the vectors is this thread's, where several read them */
  constructor(
    kernel: ScanExports,
    rows: number,
    columns: number,
    format: VectorFormatName,
    party = 0,
  ) {
    this.#kernel = kernel;
    this.#format = format;
    this.#columns = columns;
    const bytes = rows * bytesOfVector(format, columns);
    const batch = Math.min(rows, batchRows);
    this.#queryAt = align(base + bytes) + party * scratchBytesOfVectors(columns, rows);
    this.#rowsAt = this.#queryAt + queryBytesOf(columns);
    this.#scoresAt = this.#rowsAt + batch * 4;
    ensureBytes(kernel.memory, this.#scoresAt + batch * 4);
    const { buffer } = kernel.memory;
    this.bytes = new Uint8Array(buffer, base, bytes);
    this.#floats = new Float32Array(buffer);
    this.#words = new Int16Array(buffer);
    this.#rows = new Uint32Array(buffer, this.#rowsAt, batch);
    this.#scores = new Float32Array(buffer, this.#scoresAt, batch);
    this.#sums = new Int32Array(buffer, this.#scoresAt, batch);
  }

  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array {
    const batch = this.#rows.length;
    const score = this.#scorer(query);
    if (rows.length <= batch) return score(rows);
    const products = new Float32Array(rows.length);
    for (let start = 0; start < rows.length; start += batch) {
      products.set(score(rows.subarray(start, start + batch)), start);
    }
    return products;
  }

  /** What scores as many rows as there is room for. */
  #scorer(query: Float32Array): (rows: Uint32Array) => Float32Array {
    const queryAt = this.#queryAt / 4;
    const columns = this.#columns;
    switch (this.#format) {
      case 'float32':
        this.#floats.set(query, queryAt);
        return (rows) => this.#score('dotProducts', columns, rows);
      case 'float16':
        return (rows) => {
          // Each call scales it where it lies.
          this.#floats.set(query, queryAt);
          return this.#score('dotProductsOfHalves', paddedTo(4, columns), rows);
        };
      case 'int8': {
        const { values, scale } = roundQuery(query);
        this.#words.set(values, 2 * queryAt);
        return this.#scaled('dotProductsOfBytes', values.length, scale);
      }
      case 'int4':
      case 'int2': {
        const { values, scale } = roundQuery(query);
        const words = this.#words.subarray(2 * queryAt);
        new Int8Array(words.buffer, words.byteOffset, 16).set(gaussianLevels[this.#format]);
        writeInFields(values, valuesPerByte[this.#format], words.subarray(8));
        const name = this.#format === 'int4' ? 'dotProductsOfNibbles' : 'dotProductsOfPairs';
        return this.#scaled(name, columns, scale);
      }
    }
  }

  /** What scores rows that begin with a factor. */
  #scaled(
    name: 'dotProductsOfBytes' | 'dotProductsOfNibbles' | 'dotProductsOfPairs',
    columns: number,
    scale: number,
  ): (rows: Uint32Array) => Float32Array {
    const wordsPerRow = bytesOfVector(this.#format, this.#columns) / 4;
    return (rows) => {
      const sums = this.#sums;
      const products = this.#score(name, columns, rows);
      for (let i = 0; i < rows.length; i++) {
        products[i] = sums[i] * (scale * this.#floats[base / 4 + rows[i] * wordsPerRow]);
      }
      return products;
    };
  }

  #score(
    name:
      | 'dotProducts'
      | 'dotProductsOfHalves'
      | 'dotProductsOfBytes'
      | 'dotProductsOfNibbles'
      | 'dotProductsOfPairs',
    columns: number,
    rows: Uint32Array,
  ): Float32Array {
    this.#rows.set(rows);
    const { length } = rows;
    this.#kernel[name]({
      vectors: base,
      columns,
      query: this.#queryAt,
      rows: this.#rowsAt,
      count: length,
      output: this.#scoresAt,
    });
    return this.#scores.subarray(0, length);
  }
}

/**
 * Values in the order in which a kernel comes to them: of each 16 bytes first those that are in the lowest bits,
 * then those in the bits above. What is behind the last is zero, whatever a kernel reads behind a row.
 */
function writeInFields(values: Int16Array, perByte: number, words: Int16Array): void {
  const block = 16 * perByte;
  words.fill(0, 0, paddedTo(block, values.length));
  for (let j = 0; j < values.length; j++) {
    const within = j % block;
    words[j - within + (within % perByte) * 16 + Math.floor(within / perByte)] = values[j];
  }
}
