import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Multiplier } from './kernel.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';

/** Vectors that are multiplied at a time, to bound the memory. */
const multipliedRows = 256;

export function createMultiplier(
  kernel: KernelExports,
  b: Matrix,
  bias?: Float32Array,
): Multiplier {
  const inner = Math.ceil(b.columns / 4) * 4;
  const biasAt = align(base + b.rows * inner * 4);
  const aAt = align(biasAt + b.rows * 4);
  const productAt = align(aAt + multipliedRows * inner * 4);
  ensureBytes(kernel.memory, productAt + multipliedRows * b.rows * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  copyPadded(b, 0, b.rows, inner, floats, base / 4);
  if (bias) floats.set(bias, biasAt / 4);
  return (a, into) => {
    const product = into ?? zeros(a.rows, b.rows);
    for (let start = 0; start < a.rows; start += multipliedRows) {
      const rows = Math.min(multipliedRows, a.rows - start);
      copyPadded(a, start, rows, inner, floats, aAt / 4);
      kernel.multiplyTransposed(aAt, rows, base, b.rows, inner, biasAt, productAt);
      const from = productAt / 4;
      product.data.set(floats.subarray(from, from + rows * b.rows), start * b.rows);
    }
    return product;
  };
}

/** Multiplies in tiles of rows, so that the memory stays small however large the matrices are. */
export class WasmMultiplier {
  readonly #kernel: KernelExports;

  constructor(kernel: KernelExports) {
    this.#kernel = kernel;
  }

  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array, into?: Matrix): Matrix {
    const product = into ?? zeros(a.rows, b.rows);
    const inner = Math.ceil(a.columns / 4) * 4;
    // Tiles of b stay in the cache while rows of a stream past.
    const tileB = Math.max(4, Math.floor(262144 / (inner * 4 * 4)) * 4);
    const tileA = Math.max(2, Math.floor(1048576 / (inner * 4)));
    for (let j = 0; j < b.rows; j += tileB) {
      for (let i = 0; i < a.rows; i += tileA) {
        this.#multiplyTile(a, i, Math.min(tileA, a.rows - i), b, j, Math.min(tileB, b.rows - j), {
          inner,
          bias,
          product,
        });
      }
    }
    return product;
  }

  #multiplyTile(
    a: Matrix,
    startA: number,
    rowsA: number,
    b: Matrix,
    startB: number,
    rowsB: number,
    { inner, bias, product }: { inner: number; bias: Float32Array | undefined; product: Matrix },
  ): void {
    const aAt = base;
    const bAt = align(aAt + rowsA * inner * 4);
    const biasAt = align(bAt + rowsB * inner * 4);
    const productAt = align(biasAt + rowsB * 4);
    const { memory } = this.#kernel;
    ensureBytes(memory, productAt + rowsA * rowsB * 4);
    const floats = new Float32Array(memory.buffer);
    copyPadded(a, startA, rowsA, inner, floats, aAt / 4);
    copyPadded(b, startB, rowsB, inner, floats, bAt / 4);
    const biasTile = floats.subarray(biasAt / 4, biasAt / 4 + rowsB).fill(0);
    if (bias) biasTile.set(bias.subarray(startB, startB + rowsB));
    this.#kernel.multiplyTransposed(aAt, rowsA, bAt, rowsB, inner, biasAt, productAt);
    for (let i = 0; i < rowsA; i++) {
      const from = productAt / 4 + i * rowsB;
      product.data.set(
        floats.subarray(from, from + rowsB),
        (startA + i) * product.columns + startB,
      );
    }
  }
}

export function copyPadded(
  { columns, data }: Matrix,
  start: number,
  rows: number,
  inner: number,
  floats: Float32Array,
  to: number,
): void {
  if (inner === columns) {
    floats.set(data.subarray(start * columns, (start + rows) * columns), to);
    return;
  }
  for (let i = 0; i < rows; i++) {
    const padded = floats.subarray(to + i * inner, to + (i + 1) * inner).fill(0);
    padded.set(data.subarray((start + i) * columns, (start + i + 1) * columns));
  }
}
