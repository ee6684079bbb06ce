/**
 * Scores codes by the real values of a query: the sum of its values where a bit is 1, minus those where
 * it is 0. A table of all 256 bytes at every position turns eight additions into one look-up.
 */
export class AsymmetricScorer {
  readonly #tables: Float64Array;
  readonly #scale: number;

  /** @param projection the query's real values, one per bit */
  constructor(projection: Float32Array) {
    const bytes = Math.ceil(projection.length / 8);
    this.#tables = new Float64Array(bytes * 256);
    for (let byte = 0; byte < bytes; byte++) this.#fillTable(projection, byte);
    const norm = Math.hypot(...projection);
    // A code is a vector of ±1, of length √bits: dividing by both lengths makes the score a cosine.
    this.#scale = norm > 0 ? 1 / (norm * Math.sqrt(projection.length)) : 0;
  }

  /** The cosine of the projection and the code at `offset`. */
  score(codes: Uint8Array, offset: number): number {
    const tables = this.#tables;
    let sum = 0;
    for (let table = 0, p = offset; table < tables.length; table += 256, p++) {
      sum += tables[table + codes[p]];
    }
    return sum * this.#scale;
  }

  #fillTable(projection: Float32Array, byte: number): void {
    const table = this.#tables.subarray(byte * 256, (byte + 1) * 256);
    const values = projection.subarray(byte * 8, byte * 8 + 8);
    table[0] = -values.reduce((sum, value) => sum + value, 0);
    // Each byte differs from one without its highest bit by that bit's value, counted twice.
    values.forEach((value, bit) => {
      const first = 1 << bit;
      for (let rest = 0; rest < first; rest++) table[first + rest] = table[rest] + 2 * value;
    });
  }
}
