import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import type { DescendedSigns } from './descent.ts';

/** `MatrixKernel.descendSigns` in JavaScript: the same sums in the same order. */
export function javascriptSignDescent(
  residuals: Matrix,
  signs: Matrix,
  couplings: Matrix,
  rounds: number,
): DescendedSigns {
  for (let i = 0; i < signs.rows; i++) {
    descendRow(row(residuals, i), row(signs, i), couplings, rounds);
  }
  return { signs, fields: residuals };
}

function descendRow(
  residual: Float32Array,
  signs: Float32Array,
  { columns: bits, data }: Matrix,
  rounds: number,
): void {
  for (let round = 0; round < rounds; round++) {
    let changed = false;
    for (let j = 0; j < bits; j++) {
      const field = residual[j] + data[j * bits + j] * signs[j];
      const wanted = field > 0 ? 1 : -1;
      if (wanted === signs[j]) continue;
      const change = wanted - signs[j];
      signs[j] = wanted;
      for (let l = 0; l < bits; l++) residual[l] -= change * data[j * bits + l];
      changed = true;
    }
    if (!changed) break;
  }
  for (let j = 0; j < bits; j++) residual[j] += data[j * bits + j] * signs[j];
}
