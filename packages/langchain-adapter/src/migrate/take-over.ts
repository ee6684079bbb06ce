import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
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
 * @returns the ids, in the order of the rows; the last of several rows with one id has the place of the first
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
  const vectors: ArrayLike<number>[] = [];
  const documents: DocumentInterface[] = [];
  const ids: (string | undefined)[] = [];
  const positionById = new Map<string, number>();
  let done = 0;
  for await (const row of source.rows) {
    if (done % rowsPerTurn === 0) {
      const progress = { stage: 'read', done, total: Math.max(done, source.total) };
      await checkpoint({ signal, onProgress }, progress);
    }
    const id = idOf(source, row, done);
    const known = id === undefined ? undefined : positionById.get(id);
    const position = duplicateIds === 'last' ? (known ?? ids.length) : ids.length;
    if (id !== undefined) positionById.set(id, position);
    vectors[position] = vectorOf(source, row, done);
    documents[position] = documentOf(source, row, done);
    ids[position] = id;
    done++;
  }
  // As a list: its values are checked as they are added, and not all at once.
  return store.addVectors(vectors, documents, { ids, signal, onProgress });
}

/** Its length and values are checked by the store. */
function vectorOf(source: Source, { vector }: SourceRow, row: number): ArrayLike<number> {
  const isList = Array.isArray(vector) || (ArrayBuffer.isView(vector) && 'length' in vector);
  if (isList) return vector as ArrayLike<number>;
  throw misfit(source, `${source.name}, row ${row}: got no vector of numbers.`);
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

export function misfit({ misfit: code }: Pick<Source, 'misfit'>, message: string): BitryoshkaError {
  const remedy =
    code === 'invalid-file'
      ? 'Check that the store can still be loaded and searched, and save it again.'
      : 'Check the names of the columns, and what they hold.';
  return new BitryoshkaError({ code, message, remedy });
}
