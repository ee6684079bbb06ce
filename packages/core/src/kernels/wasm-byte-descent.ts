import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { ByteDescent } from './kernel.ts';
import { squaredSteps } from './squared-steps.ts';
import { paddedTo } from './vector-layout.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';
import { copyPadded } from './wasm-multiplier.ts';

/** Rows that are descended at a time: their residuals and the vectors of a byte fit in the cache. */
const blockRows = 256;

/** `Kernel.createByteDescent` in WebAssembly. */
export function createByteDescent(kernel: KernelExports, books: Matrix): ByteDescent {
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
  copyPadded(books, 0, books.rows, columns, floats, base / 4);
  floats.set(squaredSteps(books), squaresAt / 4);
  return (residuals, codes, weights, rounds) => {
    const fields = zeros(weights.rows, weights.columns);
    for (let start = 0; start < residuals.rows; start += blockRows) {
      const rows = Math.min(blockRows, residuals.rows - start);
      const block = codes.subarray(start * bytes, (start + rows) * bytes);
      const inBlock = new Uint8Array(buffer, codesAt, rows * bytes);
      inBlock.set(block);
      copyPadded(residuals, start, rows, columns, floats, residualsAt / 4);
      copyPadded(weights, start, rows, bytes * 8, floats, weightsAt / 4);
      kernel.descendBytes(
        residualsAt,
        codesAt,
        weightsAt,
        fieldsAt,
        rows,
        base,
        squaresAt,
        alongsAt,
        bytes,
        columns,
        rounds,
      );
      block.set(inBlock);
      const from = fieldsAt / 4;
      fields.data.set(floats.subarray(from, from + rows * bytes * 8), start * bytes * 8);
    }
    return fields;
  };
}
