import type { Matrix } from '@bitryoshka/core';

export interface TokenTableParts {
  /**
   * Two values of four bits in each byte, row after row: dimension `j` in the low half of byte `j`, dimension
   * `j + columns / 2` in the high half.
   */
  readonly packed: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  /** What is taken off every value. */
  readonly offset: number;
  /** By row. */
  readonly scales: Float32Array;
  /** By dimension. */
  readonly factors: Float32Array;
}

/** One vector per row: `(values - offset) * scale * factors`. */
export class TokenTable {
  readonly rows: number;
  readonly columns: number;
  readonly #parts: TokenTableParts;
  /** Twice what they stand for: with an offset of 7.5, odd whole numbers from -15 to 15. */
  readonly #levels: Int8Array;
  readonly #isUnpacked: Uint8Array;

  constructor(parts: TokenTableParts) {
    this.rows = parts.rows;
    this.columns = parts.columns;
    this.#parts = parts;
    this.#levels = new Int8Array(parts.rows * parts.columns);
    this.#isUnpacked = new Uint8Array(parts.rows);
  }

  /**
   * One sum per text, in which a row that occurs n times counts `n ** exponent` times. A text without rows is
   * row 0.
   */
  sum(texts: readonly (readonly number[])[], exponent: number): Matrix {
    const { columns } = this;
    const { scales, factors } = this.#parts;
    const data = new Float32Array(texts.length * columns);
    const sum = new Float64Array(columns);
    texts.forEach((rows, i) => {
      sum.fill(0);
      for (const [row, count] of countsOf(rows.length > 0 ? rows : [0])) {
        if (this.#isUnpacked[row] === 0) this.#unpack(row);
        const levels = this.#levels;
        const weight = (count ** exponent * (scales[row] as number)) / 2;
        const from = row * columns;
        for (let j = 0; j < columns; j++) sum[j]! += weight * levels[from + j]!;
      }
      for (let j = 0; j < columns; j++) data[i * columns + j] = sum[j]! * factors[j]!;
    });
    return { rows: texts.length, columns, data };
  }

  /** When a row is first met: all of them take longer than the rest of loading. */
  #unpack(row: number): void {
    const { packed, offset } = this.#parts;
    const { columns } = this;
    const half = columns / 2;
    const to = row * columns;
    for (let j = 0; j < half; j++) {
      const byte = packed[row * half + j] as number;
      this.#levels[to + j] = 2 * ((byte & 15) - offset);
      this.#levels[to + half + j] = 2 * ((byte >> 4) - offset);
    }
    this.#isUnpacked[row] = 1;
  }
}

function countsOf(rows: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}
