import type { Matrix } from '../../vectors/matrix.ts';

/**
 * Length that rows are scaled to before they are rounded: products of two, of which none exceeds those of their
 * lengths, then fit in 32 bits, also after rounding in some ten thousand dimensions.
 */
const wholeLength = 32000;

/** So that 16 bits are cut off above zero. */
const rangeStart = 32768;
const halfMore = rangeStart + 0.5;

/**
 * Rows rounded to whole numbers of 16 bits: their products are exact, in whatever order they are summed.
 *
 * @param rowsPerScale rows that share a scale, which the longest of them sets
 * @param into whole rows of `columns` values, no fewer than the matrix has: zeros behind these are left as they are
 * @param scales what 1 is worth, for each `rowsPerScale` rows
 */
export function roundToWhole(
  { rows, columns, data }: Matrix,
  rowsPerScale: number,
  into: Int16Array,
  intoColumns: number,
  scales: Float32Array,
): void {
  for (let start = 0; start < rows; start += rowsPerScale) {
    const end = Math.min(rows, start + rowsPerScale);
    let longest = 0;
    for (let i = start; i < end; i++) {
      let square = 0;
      for (let p = i * columns; p < (i + 1) * columns; p++) square += data[p] * data[p];
      longest = Math.max(longest, square);
    }
    const length = Math.sqrt(longest);
    const times = length > 0 ? wholeLength / length : 0;
    scales[start / rowsPerScale] = length / wholeLength;
    for (let i = start; i < end; i++) {
      const [from, to] = [i * columns, i * intoColumns];
      // As Math.round, which takes several times as long: what is rounded becomes positive first.
      for (let j = 0; j < columns; j++) {
        into[to + j] = ((data[from + j] * times + halfMore) | 0) - rangeStart;
      }
    }
  }
}
