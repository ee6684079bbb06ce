import { defaultKernel } from '../kernels/default-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, transpose, zeros } from '../vectors/matrix.ts';

/** Rows per block: the products within a block are float32, their sum over the blocks is float64. */
const blockRows = 512;

/**
 * Products of the transpose of `a` with `b`, for one pair of matrices of the same size after the other:
 * what each needs in between is used again.
 */
export class CrossProducts {
  readonly #sums: Float64Array;
  readonly #product: Matrix;
  readonly #blocks: readonly [Float32Array, Float32Array];

  constructor(columnsA: number, columnsB: number) {
    this.#sums = new Float64Array(columnsA * columnsB);
    this.#product = zeros(columnsA, columnsB);
    this.#blocks = [new Float32Array(columnsA * blockRows), new Float32Array(columnsB * blockRows)];
  }

  /**
   * Sums over many rows, so they are accumulated in float64.
   *
   * @returns row-major, `columns(a) x columns(b)`; valid until the next call
   */
  of(a: Matrix, b: Matrix): Float64Array {
    const sums = this.#sums.fill(0);
    for (let start = 0; start < a.rows; start += blockRows) {
      const end = Math.min(a.rows, start + blockRows);
      const blockA = transposeInto(rowRange(a, start, end), this.#blocks[0]);
      const blockB = a === b ? blockA : transposeInto(rowRange(b, start, end), this.#blocks[1]);
      defaultKernel().multiplyTransposed(blockA, blockB, undefined, this.#product);
      for (let p = 0; p < sums.length; p++) sums[p] += this.#product.data[p];
    }
    return sums;
  }
}

function transposeInto(block: Matrix, memory: Float32Array): Matrix {
  const { rows, columns } = block;
  return transpose(block, {
    rows: columns,
    columns: rows,
    data: memory.subarray(0, rows * columns),
  });
}
