import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange, zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { ByteDescent } from './descent.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';
import { squaredSteps } from './squared-steps.ts';

/** Rows that are descended at a time: their residuals and the vectors of a byte fit in the cache. */
const blockRows = 256;

/** `MatrixKernel.createByteDescent` in WebAssembly. */
export function wasmByteDescent(kernel: MatrixExports, books: Matrix): ByteDescent {
  const bytes = books.rows / 256;
  const columns = paddedTo(4, books.columns);
  const squaresAt = align(base + books.rows * columns * 4);
  const alongsAt = align(squaresAt + books.rows * 8 * 4);
  const residualsAt = align(alongsAt + 8 * 4);
  const weightsAt = align(residualsAt + blockRows * columns * 4);
  const fieldsAt = align(weightsAt + blockRows * bytes * 8 * 4);
  const codesAt = align(fieldsAt + blockRows * bytes * 8 * 4);
  ensureBytes(kernel.memory, codesAt + blockRows * bytes);
  const { buffer } = kernel.memory;
  const floats = new Float32Array(buffer);
  copyRows(books, floats.subarray(base / 4), columns);
  floats.set(squaredSteps(books), squaresAt / 4);
  return (residuals, codes, weights, rounds) => {
    const fields = zeros(weights.rows, weights.columns);
    for (let start = 0; start < residuals.rows; start += blockRows) {
      const rows = Math.min(blockRows, residuals.rows - start);
      const block = codes.subarray(start * bytes, (start + rows) * bytes);
      const inBlock = new Uint8Array(buffer, codesAt, rows * bytes);
      inBlock.set(block);
      const given = rowRange(residuals, start, start + rows);
      copyRows(given, floats.subarray(residualsAt / 4), columns);
      floats.set(rowRange(weights, start, start + rows).data, weightsAt / 4);
      kernel.descendBytes({
        residuals: residualsAt,
        codes: codesAt,
        weights: weightsAt,
        fields: fieldsAt,
        rows,
        books: base,
        squares: squaresAt,
        alongs: alongsAt,
        bytes,
        columns,
        rounds,
      });
      block.set(inBlock);
      const from = fieldsAt / 4;
      fields.data.set(floats.subarray(from, from + rows * bytes * 8), start * bytes * 8);
    }
    return fields;
  };
}
