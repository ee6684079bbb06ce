import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';

/** Columns that a block of results has. */
const blockColumns = 8;

/** The product of `a`, or of its transpose, with `b`. All three lie in the kernel's memory meanwhile. */
export function wasmProduct(
  kernel: MatrixExports,
  a: Matrix,
  b: Matrix,
  transposeA: boolean,
): Matrix {
  const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const columns = paddedTo(blockColumns, b.columns);
  const bAt = align(base + a.data.length * 4);
  const outputAt = align(bAt + inner * columns * 4);
  ensureBytes(kernel.memory, outputAt + rows * columns * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  floats.set(a.data, base / 4);
  copyRows(b, floats.subarray(bAt / 4), columns);
  const [rowBytes, innerBytes] = transposeA ? [4, a.columns * 4] : [a.columns * 4, 4];
  kernel.multiplyStrided({
    a: base,
    rowBytes,
    innerBytes,
    rows,
    inner,
    b: bAt,
    columns,
    output: outputAt,
  });
  const product = zeros(rows, b.columns);
  copyRows({ rows, columns, data: floats.subarray(outputAt / 4) }, product.data, b.columns);
  return product;
}
