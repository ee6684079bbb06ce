import type { Matrix } from '@bitryoshka/core';

/** One vector per row: `levels * scale * factors`, where `levels` are twice what they stand for. */
export interface TokenTable {
  readonly rows: number;
  readonly columns: number;
  readonly levels: Int8Array;
  /** By row. */
  readonly scales: Float32Array;
  /** By dimension. */
  readonly factors: Float32Array;
}

/**
 * Two values of four bits in each byte: dimension `j` in the low half of byte `j`, dimension `j + columns / 2`
 * in the high half. An offset of 7.5 makes them odd whole numbers from -15 to 15 when they are doubled.
 */
export function unpackLevels(
  packed: Uint8Array,
  rows: number,
  columns: number,
  offset: number,
): Int8Array {
  const half = columns / 2;
  const levels = new Int8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < half; j++) {
      const byte = packed[i * half + j] as number;
      levels[i * columns + j] = 2 * ((byte & 15) - offset);
      levels[i * columns + half + j] = 2 * ((byte >> 4) - offset);
    }
  }
  return levels;
}

/**
 * One sum per text, in which a row that occurs n times counts `n ** exponent` times. A text without rows is
 * row 0.
 */
export function sumRows(
  table: TokenTable,
  texts: readonly (readonly number[])[],
  exponent: number,
): Matrix {
  const { columns, levels, scales, factors } = table;
  const data = new Float32Array(texts.length * columns);
  const sum = new Float64Array(columns);
  texts.forEach((rows, i) => {
    sum.fill(0);
    for (const [row, count] of countsOf(rows.length > 0 ? rows : [0])) {
      const weight = (count ** exponent * (scales[row] as number)) / 2;
      const from = row * columns;
      for (let j = 0; j < columns; j++) sum[j]! += weight * levels[from + j]!;
    }
    for (let j = 0; j < columns; j++) data[i * columns + j] = sum[j]! * factors[j]!;
  });
  return { rows: texts.length, columns, data };
}

function countsOf(rows: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}
