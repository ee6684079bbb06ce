import type { StoredVectors, VectorFormatName } from '@bitryoshka/core';
import { ExternalVectors, vectorCodec } from '@bitryoshka/core/internal';
import { checksumOf, vectorTable } from './file-format.ts';
import type { StoreFile } from './store-file.ts';

/** Gives the vectors of an index their places in a file: by the number of their row. */
export class SqliteVectorStorage {
  /** The row of the next vector that is appended. */
  nextRow = 0;
  readonly table: string;
  readonly #file: StoreFile;
  readonly #format: VectorFormatName;

  /** @param generation of the vectors: 0, and another for each time that all documents were embedded anew */
  constructor(file: StoreFile, format: VectorFormatName, generation: number) {
    this.#file = file;
    this.#format = format;
    this.table = vectorTable(generation);
  }

  create(dimensions: number): SqliteVectors {
    return new SqliteVectors(this, this.#file, this.#format, dimensions);
  }
}

/** The vectors of a segment: rows of a table, and in memory no more than their numbers. */
export class SqliteVectors extends ExternalVectors {
  readonly #storage: SqliteVectorStorage;
  readonly #file: StoreFile;
  #numbers = new Uint32Array(0);
  /** Whether what is read decides what is found. */
  #isScoring = false;

  constructor(
    storage: SqliteVectorStorage,
    file: StoreFile,
    format: VectorFormatName,
    dimensions: number,
  ) {
    super(vectorCodec(format, dimensions));
    this.#storage = storage;
    this.#file = file;
  }

  /** Nothing is copied: the same rows are in another segment. */
  override appendFrom(other: StoredVectors, slots: ArrayLike<number>): void {
    const numbers = (other as SqliteVectors).#numbers;
    this.note(Array.from(slots, (slot) => numbers[slot] as number));
  }

  override scores(slots: ArrayLike<number>, query: Float32Array): Float64Array {
    this.#isScoring = true;
    try {
      return super.scores(slots, query);
    } finally {
      this.#isScoring = false;
    }
  }

  /** Takes up rows that are in the table. */
  note(rows: ArrayLike<number>): void {
    this.#reserve(rows.length);
    this.#numbers.set(rows, this.rows);
    this.rows += rows.length;
  }

  protected override write(bytes: Uint8Array, offset: number): void {
    const size = this.bytesPerVector;
    const count = bytes.length / size;
    this.#reserve(offset + count);
    for (let i = 0; i < count; i++) {
      const row = this.#storage.nextRow++;
      const vector = bytes.subarray(i * size, (i + 1) * size);
      this.#file.run(
        `INSERT INTO ${this.#storage.table} VALUES (?, ?, ?)`,
        row,
        vector,
        checksumOf(`${row}`, vector),
      );
      this.#numbers[this.rows + offset + i] = row;
    }
  }

  protected override read(
    slots: ArrayLike<number>,
    take: (i: number, encoded: Uint8Array) => void,
  ): void {
    for (let i = 0; i < slots.length; i++) {
      const row = this.#numbers[slots[i] as number] as number;
      const found = this.#file.getNow<{ vector: Uint8Array; checksum: number }>(
        `SELECT vector, checksum FROM ${this.#storage.table} WHERE row = ?`,
        row,
      );
      if (found && checksumOf(`${row}`, found.vector) === found.checksum) {
        take(i, aligned(found.vector));
        continue;
      }
      if (found || (this.#isScoring && this.#isKept(row))) {
        throw this.#file.damaged(`the vector of row ${row}`);
      }
      // Of a row that was deleted, whose slot is read with others: nobody is given what is made of it.
      take(i, new Uint8Array(this.bytesPerVector));
    }
  }

  /** Whether a row has a document: what searches as of a while ago asks for some that were collected since. */
  #isKept(row: number): boolean {
    const found = this.#file.getNow(
      'SELECT row FROM documents WHERE row = ? AND row NOT IN (SELECT row FROM removals WHERE collected = 0)',
      row,
    );
    return found !== undefined;
  }

  #reserve(count: number): void {
    const needed = this.rows + count;
    if (needed <= this.#numbers.length) return;
    const grown = new Uint32Array(Math.max(needed, 2 * this.#numbers.length));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** Codecs look at bytes as at wider numbers. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

/** @throws BitryoshkaError `invalid-option` */
export function checkDurableStorage(storage: unknown): VectorFormatName {
  if (storage === undefined) return 'float32';
  return vectorCodec(storage as VectorFormatName, 1).format;
}
