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
  for (let j = 0; j < b.rows; j += rowsB) {
    const tileB = rowRange(b, j, Math.min(b.rows, j + rowsB));
    const biasTile = bias?.subarray(j, j + tileB.rows);
    for (let i = 0; i < a.rows; i += rowsA) {
      const tileA = rowRange(a, i, Math.min(a.rows, i + rowsA));
      const tile = productOfTiles(kernel, tileA, tileB, biasTile);
      for (let r = 0; r < tileA.rows; r++) {
        const from = r * tileB.rows;
        product.data.set(tile.subarray(from, from + tileB.rows), (i + r) * product.columns + j);
      }
    }
  }
  return product;
}

/** @returns a view that is valid until the next call */
function productOfTiles(
  kernel: MatrixExports,
  a: Matrix,
  b: Matrix,
  bias: Float32Array | undefined,
): Float32Array {
  const inner = paddedTo(4, a.columns);
  const bAt = align(base + a.rows * inner * 4);
  const biasAt = align(bAt + b.rows * inner * 4);
  const productAt = align(biasAt + b.rows * 4);
  ensureBytes(kernel.memory, productAt + a.rows * b.rows * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  copyRows(a, floats.subarray(base / 4), inner);
  copyRows(b, floats.subarray(bAt / 4), inner);
  if (bias) floats.set(bias, biasAt / 4);
  else floats.fill(0, biasAt / 4, biasAt / 4 + b.rows);
  kernel.multiplyTransposed({
    a: base,
    rowsA: a.rows,
    b: bAt,
    rowsB: b.rows,
    inner,
    bias: biasAt,
    output: productAt,
  });
  return floats.subarray(productAt / 4, productAt / 4 + a.rows * b.rows);
}
