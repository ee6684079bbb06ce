/** A set of row numbers that is filled and emptied again and again: a bit for each number. */
export class RowMarks {
  #bits = new Uint32Array(32);
  readonly #words: number[] = [];

  /** @returns whether it was not in the set before */
  add(row: number): boolean {
    const word = row >>> 5;
    const bit = 1 << (row & 31);
    if (word >= this.#bits.length) this.#grow(word + 1);
    const before = this.#bits[word];
    if ((before & bit) !== 0) return false;
    if (before === 0) this.#words.push(word);
    this.#bits[word] = before | bit;
    return true;
  }

  clear(): void {
    for (const word of this.#words) this.#bits[word] = 0;
    this.#words.length = 0;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, 2 * this.#bits.length));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
