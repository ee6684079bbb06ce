import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../progress/steps.ts';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, transpose, zeros } from '../vectors/matrix.ts';

/** Rows per block: the products within a block are float32, their sum over the blocks is float64. */
const blockRows = 512;

/** The product of the transpose of `a` with `b`, row-major, `columns(a) x columns(b)`. */
export function crossProduct(a: Matrix, b: Matrix): Float64Array {
  return atOnce(crossProductSteps(a, b));
}

/** The same, block by block: it sums over many rows, in float64. */
export function* crossProductSteps(a: Matrix, b: Matrix): Steps<Float64Array> {
  const sums = new Float64Array(a.columns * b.columns);
  const product = zeros(a.columns, b.columns);
  const rooms = [a, b].map(({ columns }) => new Float32Array(columns * blockRows));
  for (let start = 0; start < a.rows; start += blockRows) {
    const end = Math.min(a.rows, start + blockRows);
    const blockA = transposeInto(rowRange(a, start, end), rooms[0]);
    const blockB = a === b ? blockA : transposeInto(rowRange(b, start, end), rooms[1]);
    matrixKernel().multiplyTransposed(blockA, blockB, undefined, product);
    addTo(sums, product.data);
    yield;
  }
  return sums;
}

/** A function by itself, as loops of generators are compiled late. */
function addTo(sums: Float64Array, addends: Float32Array): void {
  for (let p = 0; p < sums.length; p++) sums[p] += addends[p];
}

function transposeInto(block: Matrix, memory: Float32Array): Matrix {
  const { rows, columns } = block;
  return transpose(block, {
    rows: columns,
    columns: rows,
    data: memory.subarray(0, rows * columns),
  });
}
