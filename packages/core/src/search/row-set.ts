/** A set of row numbers as a bitmap: row `i` is bit `i & 7` of byte `i >> 3`. */
export class RowSet {
  bytes: Uint8Array = new Uint8Array(0);

  /** The rows below `rows` that satisfy the predicate. */
  static where(rows: number, predicate: (row: number) => boolean): RowSet {
    const set = new RowSet();
    set.#ensure(rows);
    for (let i = 0; i < rows; i++) if (predicate(i)) set.bytes[i >> 3] |= 1 << (i & 7);
    return set;
  }

  add(row: number): void {
    this.#ensure(row + 1);
    this.bytes[row >> 3] |= 1 << (row & 7);
  }

  delete(row: number): void {
    if (row >> 3 < this.bytes.length) this.bytes[row >> 3] &= ~(1 << (row & 7));
  }

  has(row: number): boolean {
    return ((this.bytes[row >> 3] >> (row & 7)) & 1) === 1;
  }

  #ensure(rows: number): void {
    const bytes = Math.ceil(rows / 8);
    if (bytes <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
