import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { DescendedSigns } from './descent.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';

/** Rows that are descended at a time, to bound the memory. */
const blockRows = 512;

/** `MatrixKernel.descendSigns` in WebAssembly. */
export function wasmSignDescent(
  kernel: MatrixExports,
  residuals: Matrix,
  signs: Matrix,
  couplings: Matrix,
  rounds: number,
): DescendedSigns {
  const bits = couplings.columns;
  const padded = paddedTo(4, bits);
  const residualsAt = align(base + padded * padded * 4);
  const signsAt = align(residualsAt + blockRows * padded * 4);
  const diagonalAt = align(signsAt + blockRows * padded * 4);
  ensureBytes(kernel.memory, diagonalAt + padded * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  floats.fill(0, base / 4, base / 4 + padded * padded);
  copyRows(couplings, floats.subarray(base / 4), padded);
  for (let start = 0; start < signs.rows; start += blockRows) {
    const rows = Math.min(blockRows, signs.rows - start);
    const given = [residuals, signs].map((matrix) => rowRange(matrix, start, start + rows));
    const blocks = [residualsAt, signsAt].map((at) => floats.subarray(at / 4));
    for (const [i, block] of blocks.entries()) copyRows(given[i], block, padded);
    kernel.descend({
      residuals: residualsAt,
      signs: signsAt,
      rows,
      couplings: base,
      diagonal: diagonalAt,
      bits: padded,
      rounds,
    });
    for (const [i, data] of blocks.entries()) {
      copyRows({ rows, columns: padded, data }, given[i].data, bits);
    }
  }
  return { signs, fields: residuals };
}
