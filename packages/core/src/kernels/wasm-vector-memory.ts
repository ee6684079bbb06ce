import type { VectorMemory } from './kernel.ts';
import { roundQuery } from './round-query.ts';
import type { VectorFormatName } from './vector-layout.ts';
import { bytesOfVector, paddedTo } from './vector-layout.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';

/** Rows that are scored in one call, at most. */
const batchRows = 1024;

/** A query, row numbers and scores. */
export function scratchBytesOfVectors(columns: number, rows: number): number {
  return align(align(paddedTo(4, columns) * 4) + Math.min(rows, batchRows) * 8);
}

/**
 * Vectors from `base` on; behind them a query, row numbers and scores. All of the memory is there from the
 * beginning, as growing would detach the views of it.
 */
export class WasmVectorMemory implements VectorMemory {
  readonly bytes: Uint8Array;
  readonly #kernel: KernelExports;
  readonly #format: VectorFormatName;
  readonly #columns: number;
  readonly #queryAt: number;
  readonly #rowsAt: number;
  readonly #scoresAt: number;
  readonly #rows: Uint32Array;

  /** @param party which of the areas behind the vectors is this thread's, where several read them */
  constructor(
    kernel: KernelExports,
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
    this.#rowsAt = align(this.#queryAt + paddedTo(4, columns) * 4);
    this.#scoresAt = this.#rowsAt + batch * 4;
    ensureBytes(kernel.memory, this.#scoresAt + batch * 4);
    const { buffer } = kernel.memory;
    this.bytes = new Uint8Array(buffer, base, bytes);
    this.#rows = new Uint32Array(buffer, this.#rowsAt, batch);
  }

  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array {
    const batch = this.#rows.length;
    const products = new Float32Array(rows.length);
    const score = this.#scorer(query);
    for (let start = 0; start < rows.length; start += batch) {
      const part = rows.length > batch ? rows.subarray(start, start + batch) : rows;
      this.#rows.set(part);
      score(part, products, start);
    }
    return products;
  }

  /** What scores the rows whose numbers are in place. */
  #scorer(query: Float32Array): (rows: Uint32Array, products: Float32Array, start: number) => void {
    const { buffer } = this.#kernel.memory;
    if (this.#format === 'int8') {
      const { values, scale } = roundQuery(query);
      new Int16Array(buffer, this.#queryAt, values.length).set(values);
      const wordsPerRow = bytesOfVector('int8', this.#columns) / 4;
      const scales = new Float32Array(buffer, base, this.bytes.length / 4);
      return (rows, products, start) => {
        this.#call('dotProductsOfBytes', values.length, rows.length);
        const sums = new Int32Array(buffer, this.#scoresAt, rows.length);
        for (let i = 0; i < rows.length; i++) {
          products[start + i] = sums[i] * (scale * scales[rows[i] * wordsPerRow]);
        }
      };
    }
    const isHalf = this.#format === 'float16';
    const columns = isHalf ? paddedTo(4, this.#columns) : this.#columns;
    new Float32Array(buffer, this.#queryAt, query.length).set(query);
    return (rows, products, start) => {
      this.#call(isHalf ? 'dotProductsOfHalves' : 'dotProducts', columns, rows.length);
      products.set(new Float32Array(buffer, this.#scoresAt, rows.length), start);
    };
  }

  #call(
    name: 'dotProducts' | 'dotProductsOfHalves' | 'dotProductsOfBytes',
    columns: number,
    count: number,
  ): void {
    this.#kernel[name](base, columns, this.#queryAt, this.#rowsAt, count, this.#scoresAt);
  }
}
