import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange, zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';
import { isGramSized, wasmGram } from './wasm-gram.ts';

/**
 * `MatrixKernel.multiplyTransposed` in WebAssembly: in tiles of rows, so that the memory stays small however large the
 * matrices are.
 */
export function wasmProductTransposed(
  kernel: MatrixExports,
  a: Matrix,
  b: Matrix,
  bias?: Float32Array,
  into?: Matrix,
): Matrix {
  if (a === b && !bias && isGramSized(a)) return wasmGram(kernel, a, into);
  const product = into ?? zeros(a.rows, b.rows);
  const inner = paddedTo(4, a.columns);
  // Tiles of b stay in the cache while rows of a stream past.
  const rowsB = Math.max(4, Math.floor(262144 / (inner * 4 * 4)) * 4);
  const rowsA = Math.max(2, Math.floor(1048576 / (inner * 4)));
  const room = roomFor(kernel, Math.min(rowsA, a.rows), Math.min(rowsB, b.rows), inner);
  for (let i = 0; i < a.rows; i += rowsA) {
    const tileA = rowRange(a, i, Math.min(a.rows, i + rowsA));
    copyRows(tileA, room.a, inner);
    for (let j = 0; j < b.rows; j += rowsB) {
      const tileB = rowRange(b, j, Math.min(b.rows, j + rowsB));
      copyRows(tileB, room.b, inner);
      if (bias) room.bias.set(bias.subarray(j, j + tileB.rows));
      kernel.multiplyTransposed({
        a: room.a.byteOffset,
        rowsA: tileA.rows,
        b: room.b.byteOffset,
        rowsB: tileB.rows,
        inner,
        bias: room.bias.byteOffset,
        output: room.product.byteOffset,
      });
      for (let r = 0, from = 0; r < tileA.rows; r++, from += tileB.rows) {
        const row = room.product.subarray(from, from + tileB.rows);
        product.data.set(row, (i + r) * product.columns + j);
      }
    }
  }
  return product;
}

/** Room for tiles, a bias of zeros, and their product: views that are valid until the next call. */
function roomFor(kernel: MatrixExports, rowsA: number, rowsB: number, inner: number) {
  const bAt = align(base + rowsA * inner * 4);
  const biasAt = align(bAt + rowsB * inner * 4);
  const productAt = align(biasAt + rowsB * 4);
  ensureBytes(kernel.memory, productAt + rowsA * rowsB * 4);
  const { buffer } = kernel.memory;
  return {
    a: new Float32Array(buffer, base, rowsA * inner),
    b: new Float32Array(buffer, bAt, rowsB * inner),
    bias: new Float32Array(buffer, biasAt, rowsB).fill(0),
    product: new Float32Array(buffer, productAt, rowsA * rowsB),
  };
}
