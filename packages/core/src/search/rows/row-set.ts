import { popcount } from '../../kernels/popcount.ts';

/** A multiple of 32. */
const blockRows = 4096;

/** A set of row numbers as a bitmap: row `i` is bit `i & 7` of byte `i >> 3`. */
export class RowSet {
  /** How many rows are in the set. */
  size = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** By block of 4,096 rows: how many of them are in the set, so that empty blocks cost nothing. */
  readonly #sizes: number[] = [];

  /** The named rows. */
  static of(rows: Iterable<number>): RowSet {
    const set = new RowSet();
    for (const row of rows) set.add(row);
    return set;
  }

  /** All rows below `rows`. */
  static below(rows: number): RowSet {
    const set = new RowSet();
    set.#ensure(rows);
    set.#bytes.fill(255, 0, rows >> 3);
    if (rows & 7) set.#bytes[rows >> 3] = (1 << (rows & 7)) - 1;
    for (let start = 0; start < rows; start += blockRows) {
      set.#sizes.push(Math.min(blockRows, rows - start));
    }
    set.size = rows;
    return set;
  }

  /** The rows below `rows` that satisfy the predicate. */
  static where(rows: number, predicate: (row: number) => boolean): RowSet {
    const set = new RowSet();
    set.#ensure(rows);
    for (let i = 0; i < rows; i++) if (predicate(i)) set.add(i);
    return set;
  }

  /** The rows whose bits are set, row `i` as bit `i & 31` of word `i >> 5`. Takes the words over. */
  static ofWords(words: Uint32Array<ArrayBuffer>): RowSet {
    const set = new RowSet();
    set.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    const perBlock = blockRows / 32;
    for (let start = 0; start < words.length; start += perBlock) {
      const end = Math.min(words.length, start + perBlock);
      let size = 0;
      for (let w = start; w < end; w++) size += popcount(words[w]);
      set.#sizes.push(size);
      set.size += size;
    }
    return set;
  }

  /** The bitmap; it may end before the last row that there is. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same bitmap in words of 32 rows. */
  get words(): Uint32Array {
    const { buffer, byteOffset, length } = this.#bytes;
    return new Uint32Array(buffer, byteOffset, length / 4);
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
  rows(): number[] {
    const rows: number[] = [];
    const { words } = this;
    for (const [block, size] of this.#sizes.entries()) {
      if (size === 0) continue;
      const end = Math.min(words.length, ((block + 1) * blockRows) / 32);
      for (let w = (block * blockRows) / 32; w < end; w++) {
        for (let word = words[w]; word !== 0; word &= word - 1) {
          rows.push(w * 32 + 31 - Math.clz32(word & -word));
        }
      }
    }
    return rows;
  }

  #count(row: number, change: number): void {
    const block = Math.floor(row / blockRows);
    while (this.#sizes.length <= block) this.#sizes.push(0);
    this.#sizes[block] += change;
    this.size += change;
  }

  #ensure(rows: number): void {
    const bytes = Math.ceil(rows / 32) * 4;
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
