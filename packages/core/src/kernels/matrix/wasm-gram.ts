import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';

/** Columns of the product that are computed at a time, from the diagonal down. */
const stripColumns = 64;
/** Values that are held at once, at most: 8 MB. */
const mostValues = 2 ** 21;

/** Whether a matrix is small enough to lie in the kernel's memory as a whole. */
export function isGramSized({ rows, columns }: Matrix): boolean {
  return rows >= stripColumns && rows * columns <= mostValues;
}

/** The product of a matrix with its own transpose: half of it is computed, and mirrored. */
export function wasmGram(kernel: MatrixExports, matrix: Matrix, into?: Matrix): Matrix {
  const { rows } = matrix;
  const gram = into ?? zeros(rows, rows);
  const inner = paddedTo(4, matrix.columns);
  const biasAt = align(base + rows * inner * 4);
  const stripAt = align(biasAt + stripColumns * 4);
  ensureBytes(kernel.memory, stripAt + rows * stripColumns * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  copyRows(matrix, floats.subarray(base / 4), inner);
  floats.fill(0, biasAt / 4, biasAt / 4 + stripColumns);
  for (let first = 0; first < rows; first += stripColumns) {
    const width = Math.min(stripColumns, rows - first);
    const at = base + first * inner * 4;
    kernel.multiplyTransposed({
      a: at,
      rowsA: rows - first,
      b: at,
      rowsB: width,
      inner,
      bias: biasAt,
      output: stripAt,
    });
    const strip = floats.subarray(stripAt / 4, stripAt / 4 + (rows - first) * width);
    for (let i = first, p = 0; i < rows; i++, p += width) {
      gram.data.set(strip.subarray(p, p + width), i * rows + first);
    }
    mirror(strip, width, gram, first);
  }
  return gram;
}

/** A strip below its square on the diagonal, as rows. */
function mirror(strip: Float32Array, width: number, { rows, data }: Matrix, first: number): void {
  for (let j = 0; j < width; j++) {
    const to = (first + j) * rows;
    for (let i = first + width, p = width * width + j; i < rows; i++, p += width) {
      data[to + i] = strip[p];
    }
  }
}
