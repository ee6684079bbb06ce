import type { Matrix, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, selectRows } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import { isPlainObject } from '../documents/plain-value.ts';
import type { BinaryVectorStore } from '../store/binary-vector-store.ts';

/** The store that is filled. */
export type ReceivingStore = Pick<BinaryVectorStore, 'addVectors'>;

export interface MigrateOptions extends TaskOptions {
  /**
   * What to do where several documents have one id, in stores that do not look at ids: refuse (`duplicate-id`) unless
   * they are the same, or keep the `last`. Default: `refuse`.
   */
  readonly duplicateIds?: 'refuse' | 'last' | undefined;
}

/** A document as another store has it, before anything was checked. */
export interface SourceRow {
  /** A string or a whole number. Nothing counts as none: one is made up. */
  readonly id: unknown;
  readonly vector: unknown;
  readonly pageContent: unknown;
  /** Nothing counts as none. */
  readonly metadata: unknown;
}

export interface Source {
  /** How errors name it. */
  readonly name: string;
  /** The code of errors about what it holds. */
  readonly misfit: 'invalid-file' | 'invalid-option';
  /** How many rows are to be expected. */
  readonly total: number;
  readonly rows: AsyncIterable<SourceRow> | Iterable<SourceRow>;
}

/** How many rows are read before others may have their turn. */
const rowsPerTurn = 32;

/**
 * Reads all rows, and then adds them at once: all are added, or none.
 *
 * @returns the ids, in the order of the rows
 */
export async function takeOver(
  store: ReceivingStore,
  source: Source,
  { duplicateIds = 'refuse', signal, onProgress }: MigrateOptions,
): Promise<string[]> {
  if (duplicateIds !== 'refuse' && duplicateIds !== 'last') {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `duplicateIds: got ${JSON.stringify(duplicateIds)}, expected "refuse" or "last".`,
      remedy: 'Correct duplicateIds.',
    });
  }
  signal?.throwIfAborted();
  const vectors = new GrowingMatrix(source);
  const documents: DocumentInterface[] = [];
  const ids: (string | undefined)[] = [];
  for await (const row of source.rows) {
    if (ids.length % rowsPerTurn === 0) {
      const progress = { stage: 'read', done: ids.length, total: source.total };
      await checkpoint({ signal, onProgress }, progress);
    }
    const id = idOf(source, row, ids.length);
    documents.push(documentOf(source, row, ids.length));
    vectors.push(row.vector);
    ids.push(id);
  }
  const task = { signal, onProgress };
  const kept = duplicateIds === 'last' ? lastPositions(ids) : undefined;
  if (!kept || kept.length === ids.length) {
    return store.addVectors(vectors.matrix(), documents, { ...task, ids });
  }
  return store.addVectors(
    selectRows(vectors.matrix(), kept),
    kept.map((i) => documents[i] as DocumentInterface),
    { ...task, ids: kept.map((i) => ids[i]) },
  );
}

/** Float32 rows, of which it is not certain how many will come. */
class GrowingMatrix {
  readonly #source: Source;
  #columns = 0;
  #rows = 0;
  #data = new Float32Array(0);

  constructor(source: Source) {
    this.#source = source;
  }

  push(vector: unknown): void {
    const at = `${this.#source.name}, row ${this.#rows}`;
    if (!isListOfNumbers(vector)) {
      throw misfit(this.#source, `${at}: got no vector of numbers.`);
    }
    if (this.#rows === 0) {
      this.#columns = vector.length;
      this.#data = new Float32Array(Math.max(this.#source.total, 1) * vector.length);
    }
    if (vector.length !== this.#columns) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `${at}: got a vector of ${vector.length} dimensions, expected ${this.#columns}, as the first has.`,
        remedy: 'Move vectors of one model alone.',
      });
    }
    if ((this.#rows + 1) * this.#columns > this.#data.length) {
      const grown = new Float32Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data.set(vector, this.#rows * this.#columns);
    this.#rows++;
  }

  matrix(): Matrix {
    const [rows, columns] = [this.#rows, this.#columns];
    return { rows, columns, data: this.#data.subarray(0, rows * columns) };
  }
}

function idOf(source: Source, { id }: SourceRow, row: number): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint' || Number.isSafeInteger(id)) return String(id as bigint | number);
  throw misfit(
    source,
    `${source.name}, row ${row}: got ${typeof id} for the id, expected a string or a whole number.`,
  );
}

function documentOf(
  source: Source,
  { pageContent, metadata }: SourceRow,
  row: number,
): DocumentInterface {
  const at = `${source.name}, row ${row}`;
  if (typeof pageContent !== 'string') {
    throw misfit(source, `${at}: got ${typeof pageContent} for the text, expected a string.`);
  }
  if (metadata !== undefined && metadata !== null && !isPlainObject(metadata)) {
    throw misfit(source, `${at}: got metadata that are no object, expected one.`);
  }
  return { pageContent, metadata: metadata ?? {} };
}

/** Values of typed arrays are not looked at one by one: they are numbers, but for big ones. */
function isListOfNumbers(value: unknown): value is ArrayLike<number> {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number');
  if (!ArrayBuffer.isView(value) || !('length' in value)) return false;
  return !(value instanceof BigInt64Array || value instanceof BigUint64Array);
}

function lastPositions(ids: readonly (string | undefined)[]): number[] {
  const last = new Map(ids.map((id, i) => [id, i]));
  return ids.flatMap((id, i) => (id === undefined || last.get(id) === i ? [i] : []));
}

export function misfit({ misfit: code }: Pick<Source, 'misfit'>, message: string): BitryoshkaError {
  const remedy =
    code === 'invalid-file'
      ? 'Check that the store can still be loaded and searched, and save it again.'
      : 'Check the names of the columns, and what they hold.';
  return new BitryoshkaError({ code, message, remedy });
}
