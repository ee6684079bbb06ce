import type { AutoIndex, TaskOptions, VectorFormatName } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { isCount, isPlainObject } from '../documents/plain-value.ts';
import { consecutive } from '../documents/row-pages.ts';
import { addWrittenRows } from './index-runs.ts';
import type { SqliteVectors } from './sqlite-vectors.ts';
import { SqliteVectorStorage } from './sqlite-vectors.ts';
import type { StoreFile } from './store-file.ts';

/** What a file says of vectors that are not all there yet. */
interface NamedVectors {
  readonly generation: number;
  readonly dimensions: number;
  readonly model: string;
}

/** Where vectors are written that nobody searches yet. */
interface NextPlace {
  readonly storage: SqliteVectorStorage;
  readonly generation: number;
}

/** Rows that are taken up together. */
const rowsPerTurn = 1024;

/** Vectors of another model in a file, beside those of the same rows that are searched until all are there. */
export class NextVectors {
  readonly #file: StoreFile;
  #place: NextPlace | undefined;
  /** What the file is to say of them with the first that are written. */
  #unnamed: { readonly next: NamedVectors | undefined } | undefined;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Undefined while there are to be none. */
  get place(): NextPlace | undefined {
    return this.#place;
  }

  /** Of which model there are vectors that were to take the place of others when that was interrupted. */
  get interrupted(): { readonly model: string; readonly dimensions: number } | undefined {
    const next = this.#place ? undefined : this.#read();
    return next && this.#file.vectorGenerations.includes(next.generation) ? next : undefined;
  }

  /** Of the vectors that are not to be collected. */
  get generations(): (number | undefined)[] {
    return [this.#place?.generation, this.#read()?.generation];
  }

  /**
   * Makes a place for them.
   *
   * @param model that makes them; what is interrupted cannot go on where that is not known
   * @returns what makes stores of vectors for their index
   */
  begin(
    format: VectorFormatName,
    dimensions: number,
    model: string | undefined,
  ): (dimensions: number) => SqliteVectors {
    const generation = Math.max(...this.#file.vectorGenerations) + 1;
    this.#file.createVectors(generation);
    const create = this.#writeTo(generation, format);
    this.#unnamed = { next: model === undefined ? undefined : { generation, dimensions, model } };
    return create;
  }

  /** Goes on with those that are `interrupted`. */
  resume(format: VectorFormatName): ((dimensions: number) => SqliteVectors) | undefined {
    const next = this.#read();
    return next && this.#writeTo(next.generation, format);
  }

  #writeTo(generation: number, format: VectorFormatName): (dimensions: number) => SqliteVectors {
    const storage = new SqliteVectorStorage(this.#file, format, generation);
    this.#place = { storage, generation };
    return (columns) => storage.create(columns);
  }

  /**
   * Takes up those that are there already, and deletes those of documents that went meanwhile, in turns.
   *
   * @param isThere whether there is a document of the row
   * @returns rows below are done
   */
  async takeUp(
    index: AutoIndex,
    isThere: (row: number) => boolean,
    task: TaskOptions,
  ): Promise<number> {
    const table = this.#place?.storage.table;
    if (table === undefined) return 0;
    const file = this.#file;
    for (let end = 0; ; ) {
      const rows = file
        .all<{ row: number }>(
          `SELECT row FROM ${table} WHERE row >= ? ORDER BY row LIMIT ${rowsPerTurn}`,
          end,
        )
        .map(({ row }) => row);
      if (rows.length === 0) return end;
      const there = rows.filter(isThere);
      for (const [from, to] of consecutive(there)) {
        addWrittenRows(index, there.slice(from, to), undefined);
      }
      const gone = rows.filter((row) => !isThere(row));
      file.transaction(() => {
        for (const row of gone) file.run(`DELETE FROM ${table} WHERE row = ?`, row);
      });
      end = (rows.at(-1) as number) + 1;
      await checkpoint(task, { stage: 'load', done: index.rows, total: index.rows });
    }
  }

  /** Where the next of them goes. */
  writeFrom(row: number): void {
    if (this.#place) this.#place.storage.nextRow = row;
  }

  /** Writes some of them. */
  async write<T>(write: () => Promise<T>): Promise<T> {
    this.#file.begin();
    try {
      const written = await write();
      const unnamed = this.#unnamed;
      this.#file.seal(() => unnamed && this.#file.set('next', unnamed.next));
      this.#unnamed = undefined;
      return written;
    } catch (cause) {
      this.#file.rollback();
      throw cause;
    }
  }

  /**
   * They take the place of those that are searched, at once.
   *
   * @param gone rows of theirs that were deleted meanwhile
   * @param alsoSet what else is set then
   */
  take(gone: readonly number[], alsoSet: () => void): void {
    const file = this.#file;
    const table = this.#place?.storage.table;
    file.begin();
    try {
      for (const row of gone) file.run(`DELETE FROM ${table} WHERE row = ?`, row);
      file.seal(() => {
        file.set('next', undefined);
        alsoSet();
      });
    } catch (cause) {
      file.rollback();
      throw cause;
    }
    this.#place = undefined;
  }

  /** They are not to be, for now: unless they can go on, they are deleted with what else nobody reads. */
  forget(): void {
    this.#place = undefined;
    this.#unnamed = undefined;
  }

  #read(): NamedVectors | undefined {
    const next = this.#file.setting('next');
    if (!isPlainObject(next)) return undefined;
    const { generation, dimensions, model } = next;
    const isKnown = isCount(generation) && isCount(dimensions) && typeof model === 'string';
    const index = this.#file.setting('index');
    // Never those that are searched.
    const { generation: searched = 0 } = isPlainObject(index) ? index : {};
    if (isKnown && Number(generation) <= Number(searched)) return undefined;
    return isKnown ? (next as unknown as NamedVectors) : undefined;
  }
}
