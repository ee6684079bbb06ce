/** Rows per chunk. Chunks are never copied when more rows come. */
const chunkRows = 4096;

/** A growing list of rows of equally many bytes. */
export class ByteRows {
  readonly bytesPerRow: number;
  rows = 0;
  readonly #chunks: Uint8Array[] = [];

  constructor(bytesPerRow: number) {
    this.bytesPerRow = bytesPerRow;
  }

  push(row: Uint8Array): void {
    const within = this.rows % chunkRows;
    if (within === 0) this.#chunks.push(new Uint8Array(chunkRows * this.bytesPerRow));
    this.#chunks[this.#chunks.length - 1].set(row, within * this.bytesPerRow);
    this.rows++;
  }

  /** A row as a view, not a copy. */
  at(row: number): Uint8Array {
    const offset = (row % chunkRows) * this.bytesPerRow;
    return this.#chunks[Math.floor(row / chunkRows)].subarray(offset, offset + this.bytesPerRow);
  }
}
