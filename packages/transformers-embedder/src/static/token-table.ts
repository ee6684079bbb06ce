import type { Matrix } from '@bitryoshka/core';

/** One vector per row: `levels * scale`, with odd whole numbers from -15 to 15 as levels. */
export interface TokenTable {
  readonly rows: number;
  readonly columns: number;
  readonly levels: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Two values of four bits in each byte: dimension `j` in the low half of byte `j`, dimension `j + columns / 2`
 * in the high half.
 */
export function unpackLevels(packed: Uint8Array, rows: number, columns: number): Int8Array {
  const half = columns / 2;
  const levels = new Int8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < half; j++) {
      const byte = packed[i * half + j] as number;
      levels[i * columns + j] = 2 * (byte & 15) - 15;
      levels[i * columns + half + j] = 2 * (byte >> 4) - 15;
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
  const { columns, levels, scales } = table;
  const data = new Float32Array(texts.length * columns);
  const sum = new Float64Array(columns);
  texts.forEach((rows, i) => {
    sum.fill(0);
    for (const [row, count] of countsOf(rows.length > 0 ? rows : [0])) {
      const weight = count ** exponent * (scales[row] as number);
      const from = row * columns;
      for (let j = 0; j < columns; j++) sum[j]! += weight * levels[from + j]!;
    }
    data.set(sum, i * columns);
  });
  return { rows: texts.length, columns, data };
}

function countsOf(rows: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}
