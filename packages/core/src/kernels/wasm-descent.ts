import type { Matrix } from '../vectors/matrix.ts';
import type { DescendedSigns } from './kernel.ts';
import { paddedTo } from './vector-layout.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';
import { copyPadded } from './wasm-multiplier.ts';

/** Rows that are descended at a time, to bound the memory. */
const blockRows = 512;

/** `Kernel.descendSigns` in WebAssembly. */
export function descendSigns(
  kernel: KernelExports,
  residuals: Matrix,
  signs: Matrix,
  couplings: Matrix,
  rounds: number,
): DescendedSigns {
  const bits = couplings.columns;
  const padded = paddedTo(4, bits);
  const residualsAt = align(base + padded * padded * 4);
  const signsAt = align(residualsAt + blockRows * padded * 4);
  ensureBytes(kernel.memory, signsAt + blockRows * padded * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  floats.fill(0, base / 4, base / 4 + padded * padded);
  copyPadded(couplings, 0, bits, padded, floats, base / 4);
  for (let start = 0; start < signs.rows; start += blockRows) {
    const rows = Math.min(blockRows, signs.rows - start);
    copyPadded(residuals, start, rows, padded, floats, residualsAt / 4);
    copyPadded(signs, start, rows, padded, floats, signsAt / 4);
    kernel.descend(residualsAt, signsAt, rows, base, padded, rounds);
    for (const [matrix, at] of [
      [residuals, residualsAt / 4],
      [signs, signsAt / 4],
    ] as const) {
      for (let i = 0; i < rows; i++) {
        const from = at + i * padded;
        matrix.data.set(floats.subarray(from, from + bits), (start + i) * bits);
      }
    }
  }
  return { signs, fields: residuals };
}
