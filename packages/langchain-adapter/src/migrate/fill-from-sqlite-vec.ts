import { BitryoshkaError } from '@bitryoshka/core';
import { metadataOfColumn, metadataOfColumns } from './column-values.ts';
import type { MigrateOptions, ReceivingStore, SourceRow } from './take-over.ts';
import { takeOver } from './take-over.ts';

/** What is asked of a database of better-sqlite3 or `node:sqlite`. */
export interface SqliteDatabase {
  prepare(sql: string): {
    get(): unknown;
    iterate(): Iterable<unknown>;
  };
}

export interface SqliteVecOptions extends MigrateOptions {
  /** A table or a view: for rows that are in two tables, make a view that joins them. */
  readonly table: string;
  /** The column of the vectors: `float[n]` of a table `vec0`, or such blobs, or JSON. Default: `embedding`. */
  readonly vector?: string | undefined;
  /** The column of the texts. Default: `text`. */
  readonly text?: string | undefined;
  /** The column of the ids. Default: `rowid`. */
  readonly id?: string | undefined;
  /**
   * A column of JSON that holds all metadata, or the columns that become fields of them, but for nulls. Default:
   * `metadata`.
   */
  readonly metadata?: string | readonly string[] | undefined;
}

/**
 * Adds what a table of sqlite-vec holds, with its vectors: nothing is embedded again. All of it is added, or nothing.
 * better-sqlite3 runs no other statement of this connection until all is read.
 *
 * @param database of better-sqlite3 or `node:sqlite`, with sqlite-vec loaded if the table is one of `vec0`
 * @returns the ids, those that were made up included
 * @throws BitryoshkaError `invalid-option` for tables and columns that are not there or do not hold what they should,
 *   `not-supported` for vectors that are no float32, `duplicate-id`, `dimension-mismatch` or `not-finite`
 */
export async function fillFromSqliteVec(
  store: ReceivingStore,
  database: SqliteDatabase,
  options: SqliteVecOptions,
): Promise<string[]> {
  const { table, vector = 'embedding', text = 'text', id = 'rowid' } = options;
  const { metadata = 'metadata' } = options;
  checkNames({ table, vector, text, id, metadata });
  options.signal?.throwIfAborted();
  const from = `from ${quoted(table)} as t`;
  const fields = typeof metadata === 'string' ? [metadata] : metadata;
  const columns = [id, vector, text, ...fields].map((name, i) => `t.${quoted(name)} as c${i}`);
  const statement = prepared(database, `select ${columns.join(', ')} ${from}`, table);
  refuseShortTypes(
    database,
    `select vec_type(t.${quoted(vector)}) as type ${from} limit 1`,
    vector,
  );
  const counted = prepared(database, `select count(*) as total ${from}`, table).get();
  const rowOf = (row: Record<string, unknown>): SourceRow => ({
    id: row.c0,
    vector: floatsOfColumn(row.c1),
    pageContent: row.c2,
    metadata:
      typeof metadata === 'string'
        ? metadataOfColumn(row.c3)
        : metadataOfColumns(metadata, (_, i) => row[`c${i + 3}`]),
  });
  function* rows(): Generator<SourceRow> {
    for (const row of statement.iterate()) yield rowOf(row as Record<string, unknown>);
  }
  const source = {
    name: `table ${table}`,
    misfit: 'invalid-option',
    total: Number((counted as { total: number | bigint }).total),
  } as const;
  return takeOver(store, { ...source, rows: rows() }, options);
}

/** Bytes, or JSON as sqlite-vec accepts it; anything else is handed on, to be refused with its row. */
function floatsOfColumn(value: unknown): unknown {
  if (typeof value === 'string') return metadataOfColumn(value);
  if (!ArrayBuffer.isView(value)) return value;
  const { buffer, byteOffset, byteLength } = value;
  if (byteLength % 4 !== 0) return undefined;
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** Bits and int8 would be taken for a quarter as many floats. */
function refuseShortTypes(database: SqliteDatabase, sql: string, vector: string): void {
  let first: unknown;
  try {
    first = database.prepare(sql).get();
  } catch {
    // Without sqlite-vec there are no types: blobs are floats.
    return;
  }
  const { type = 'float32' } = Object(first) as { type?: unknown };
  if (type === 'float32') return;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `vector: got ${JSON.stringify(vector)} with vectors of ${String(type)}, expected float32.`,
    remedy: 'Name the column that has the vectors as the model gave them.',
  });
}

function prepared(
  database: SqliteDatabase,
  sql: string,
  table: string,
): ReturnType<SqliteDatabase['prepare']> {
  try {
    return database.prepare(sql);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `table ${table}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        'Correct the names of the table and the columns; load sqlite-vec for a table of vec0.',
      cause,
    });
  }
}

function checkNames(names: Record<string, unknown>): void {
  for (const [option, value] of Object.entries(names)) {
    const isList = option === 'metadata' && Array.isArray(value);
    const all: unknown[] = isList ? value : [value];
    if (all.every((name) => typeof name === 'string' && name !== '')) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${option}: got ${JSON.stringify(value)}, expected a name.`,
      remedy: `Correct ${option}.`,
    });
  }
}

/** Qualified where it is a column: SQLite takes quoted names that it does not know for texts. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
