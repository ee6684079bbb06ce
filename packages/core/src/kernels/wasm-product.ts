import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';

/** Columns that a block of results has. */
const blockColumns = 8;

/** The product of `a`, or of its transpose, with `b`. All three lie in the kernel's memory meanwhile. */
export function wasmProduct(
  kernel: KernelExports,
  a: Matrix,
  b: Matrix,
  transposeA: boolean,
): Matrix {
  const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const columns = Math.ceil(b.columns / blockColumns) * blockColumns;
  const bAt = align(base + a.data.length * 4);
  const outputAt = align(bAt + inner * columns * 4);
  ensureBytes(kernel.memory, outputAt + rows * columns * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  floats.set(a.data, base / 4);
  copyRows(b.data, b.columns, floats.subarray(bAt / 4), columns, inner);
  const [rowBytes, innerBytes] = transposeA ? [4, a.columns * 4] : [a.columns * 4, 4];
  kernel.multiplyStrided(base, rowBytes, innerBytes, rows, inner, bAt, columns, outputAt);
  const product = zeros(rows, b.columns);
  const output = floats.subarray(outputAt / 4, outputAt / 4 + rows * columns);
  copyRows(output, columns, product.data, b.columns, rows);
  return product;
}

/** Rows of one length as rows of another: cut, or followed by zeros. */
function copyRows(
  from: Float32Array,
  fromColumns: number,
  to: Float32Array,
  toColumns: number,
  rows: number,
): void {
  if (fromColumns === toColumns) {
    to.set(from.subarray(0, rows * fromColumns));
    return;
  }
  const kept = Math.min(fromColumns, toColumns);
  for (let i = 0; i < rows; i++) {
    const at = i * toColumns;
    to.set(from.subarray(i * fromColumns, i * fromColumns + kept), at);
    to.fill(0, at + kept, at + toColumns);
  }
}
