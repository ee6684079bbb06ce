const blockRows = 65536;

/** A set of row numbers as a bitmap: row `i` is bit `i & 7` of byte `i >> 3`. */
export class RowSet {
  /** How many rows are in the set. */
  size = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** By block of 65,536 rows: how many of them are in the set, so that empty blocks cost nothing. */
  readonly #sizes: number[] = [];

  /** The named rows. */
  static of(rows: Iterable<number>): RowSet {
    const set = new RowSet();
    for (const row of rows) set.add(row);
    return set;
  }

  /** The rows below `rows` that satisfy the predicate. */
  static where(rows: number, predicate: (row: number) => boolean): RowSet {
    const set = new RowSet();
    set.#ensure(rows);
    for (let i = 0; i < rows; i++) if (predicate(i)) set.add(i);
    return set;
  }

  /** The bitmap; it may end before the last row that there is. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  add(row: number): void {
    if (this.has(row)) return;
    this.#ensure(row + 1);
    this.#bytes[row >>> 3] |= 1 << (row & 7);
    this.#count(row, 1);
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    this.#bytes[row >>> 3] &= ~(1 << (row & 7));
    this.#count(row, -1);
  }

  has(row: number): boolean {
    return ((this.#bytes[row >>> 3] >> (row & 7)) & 1) === 1;
  }

  /** Whether none of the rows from `start` up to `end` (exclusive) can be in the set. Quick, not exact. */
  isEmptyBetween(start: number, end: number): boolean {
    for (let block = Math.floor(start / blockRows); block * blockRows < end; block++) {
      if (this.#sizes[block]) return false;
    }
    return true;
  }

  /** The rows of the set, in increasing order. */
  *rows(): Generator<number> {
    const bytes = this.#bytes;
    for (const [block, size] of this.#sizes.entries()) {
      if (!size) continue;
      const end = Math.min(bytes.length, ((block + 1) * blockRows) / 8);
      for (let p = (block * blockRows) / 8; p < end; p++) {
        if (bytes[p] === 0) continue;
        for (let bit = 0; bit < 8; bit++) if ((bytes[p] >> bit) & 1) yield p * 8 + bit;
      }
    }
  }

  #count(row: number, change: number): void {
    const block = Math.floor(row / blockRows);
    while (this.#sizes.length <= block) this.#sizes.push(0);
    this.#sizes[block] += change;
    this.size += change;
  }

  #ensure(rows: number): void {
    const bytes = Math.ceil(rows / 8);
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
