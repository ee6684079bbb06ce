import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange, zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';
import type { Multiplier } from './multiplier.ts';

/** Vectors that are multiplied at a time, to bound the memory. */
const multipliedRows = 256;

/** `MatrixKernel.createMultiplier` in WebAssembly. */
export function wasmMultiplier(kernel: MatrixExports, b: Matrix, bias?: Float32Array): Multiplier {
  const inner = paddedTo(4, b.columns);
  const biasAt = align(base + b.rows * inner * 4);
  const aAt = align(biasAt + b.rows * 4);
  const productAt = align(aAt + multipliedRows * inner * 4);
  ensureBytes(kernel.memory, productAt + multipliedRows * b.rows * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  copyRows(b, floats.subarray(base / 4), inner);
  if (bias) floats.set(bias, biasAt / 4);
  const block = floats.subarray(aAt / 4);
  return (a, into) => {
    const product = into ?? zeros(a.rows, b.rows);
    for (let start = 0; start < a.rows; start += multipliedRows) {
      const rows = Math.min(multipliedRows, a.rows - start);
      copyRows(rowRange(a, start, start + rows), block, inner);
      kernel.multiplyTransposed({
        a: aAt,
        rowsA: rows,
        b: base,
        rowsB: b.rows,
        inner,
        bias: biasAt,
        output: productAt,
      });
      const from = productAt / 4;
      product.data.set(floats.subarray(from, from + rows * b.rows), start * b.rows);
    }
    return product;
  };
}
