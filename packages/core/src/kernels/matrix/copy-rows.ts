import type { Matrix } from '../../vectors/matrix.ts';

/** Rows of one length as rows of another: cut, or followed by zeros. */
export function copyRows(
  { rows, columns, data }: Matrix,
  to: Float32Array,
  toColumns: number,
): void {
  if (columns === toColumns) {
    to.set(data.subarray(0, rows * columns));
    return;
  }
  const kept = Math.min(columns, toColumns);
  for (let i = 0; i < rows; i++) {
    const at = i * toColumns;
    to.set(data.subarray(i * columns, i * columns + kept), at);
    to.fill(0, at + kept, at + toColumns);
  }
}
