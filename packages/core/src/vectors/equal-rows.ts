import type { Matrix } from './matrix.ts';
import { row } from './matrix.ts';

/** By row: the first that has the same values. */
export function equalRows(matrix: Matrix): Uint32Array {
  const first = new Map<string, number>();
  return Uint32Array.from({ length: matrix.rows }, (_, i) => {
    const key = row(matrix, i).join();
    const found = first.get(key);
    if (found === undefined) first.set(key, i);
    return found ?? i;
  });
}
