import type { Matrix } from '../../vectors/matrix.ts';

/** The matrix with room for row `index`: the same memory while there is some left behind its rows. */
export function withRow({ rows, columns, data }: Matrix, index: number): Matrix {
  if (index < rows) return { rows, columns, data };
  const needed = (index + 1) * columns;
  const room = new Float32Array(data.buffer);
  if (needed <= room.length) return { rows: index + 1, columns, data: room.subarray(0, needed) };
  const grown = new Float32Array(2 * needed);
  grown.set(data);
  return { rows: index + 1, columns, data: grown.subarray(0, needed) };
}
