/**
 * Sums a query's values over the bits of a code: plus where a bit is 1, minus where it is 0. A table of
 * all 256 bytes at every position turns eight additions into one look-up.
 */
export class CodeScorer {
  readonly #tables: Float64Array;

  /** @param values one per bit */
  constructor(values: Float32Array) {
    const bytes = Math.ceil(values.length / 8);
    this.#tables = new Float64Array(bytes * 256);
    for (let byte = 0; byte < bytes; byte++) this.#fillTable(values, byte);
  }

  /** The sum for the code at `offset`. */
  sum(codes: Uint8Array, offset: number): number {
    const tables = this.#tables;
    let sum = 0;
    for (let table = 0, p = offset; table < tables.length; table += 256, p++) {
      sum += tables[table + codes[p]];
    }
    return sum;
  }

  #fillTable(all: Float32Array, byte: number): void {
    const table = this.#tables.subarray(byte * 256, (byte + 1) * 256);
    const values = all.subarray(byte * 8, byte * 8 + 8);
    table[0] = -values.reduce((sum, value) => sum + value, 0);
    // Each byte differs from one without its highest bit by that bit's value, counted twice.
    values.forEach((value, bit) => {
      const first = 1 << bit;
      for (let rest = 0; rest < first; rest++) table[first + rest] = table[rest] + 2 * value;
    });
  }
}
