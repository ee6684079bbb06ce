import { BitryoshkaError } from '@bitryoshka/core';
import { metadataOfColumn, metadataOfColumns } from './column-values.ts';
import type { MigrateOptions, ReceivingStore, SourceRow } from './take-over.ts';
import { takeOver } from './take-over.ts';

/** What is read of a table of `@lancedb/lancedb`. */
export interface LanceTable {
  readonly name: string;
  countRows(): Promise<number>;
  query(): AsyncIterable<LanceBatch>;
}

interface LanceBatch extends Iterable<Record<string, unknown>> {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
}

export interface LanceOptions extends MigrateOptions {
  /** The column of the vectors. Default: `vector`. */
  readonly vector?: string | undefined;
  /** The column of the texts. Default: `text`. */
  readonly text?: string | undefined;
  /** The column of the ids. Default: `id` where metadata have a column of their own; otherwise ids are made up. */
  readonly id?: string | undefined;
  /**
   * A column whose values are all metadata, as structs or JSON, or the columns that become fields of metadata. Default:
   * the column `metadata` where there is one, as LangChain for Python has it; otherwise all others, as LangChain.js
   * has it.
   */
  readonly metadata?: string | readonly string[] | undefined;
}

/**
 * Adds what a LanceDB table holds, with its vectors: nothing is embedded again. All of it is added, or nothing. Nulls
 * in metadata are left out: a table has a column for every row or for none.
 *
 * @param table of `@lancedb/lancedb`, opened
 * @returns the ids, those that were made up included
 * @throws BitryoshkaError `invalid-option` for what is no table and for columns that do not hold what they should,
 *   `duplicate-id`, `dimension-mismatch` or `not-finite`; what LanceDB throws is passed on
 */
export async function fillFromLanceDB(
  store: ReceivingStore,
  table: LanceTable,
  options: LanceOptions = {},
): Promise<string[]> {
  if (typeof table?.query !== 'function' || typeof table.countRows !== 'function') {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'table: got no table of LanceDB, expected one.',
      remedy: 'Pass what connection.openTable(name) gives.',
    });
  }
  options.signal?.throwIfAborted();
  const source = {
    name: `table ${table.name}`,
    misfit: 'invalid-option',
    total: await table.countRows(),
  } as const;
  return takeOver(store, { ...source, rows: rowsOf(table, options) }, options);
}

async function* rowsOf(
  table: LanceTable,
  { vector = 'vector', text = 'text', id, metadata }: LanceOptions,
): AsyncGenerator<SourceRow> {
  for await (const batch of table.query()) {
    const names = batch.schema.fields.map(({ name }) => name);
    const hasColumn = names.includes('metadata');
    const others = names.filter((name) => name !== vector && name !== text && name !== id);
    const fields = metadata ?? (hasColumn ? 'metadata' : others);
    const idColumn = id ?? (fields === 'metadata' ? 'id' : undefined);
    for (const row of batch) {
      yield {
        id: idColumn === undefined ? undefined : row[idColumn],
        vector: numbersOf(row[vector]),
        pageContent: row[text],
        metadata:
          typeof fields === 'string'
            ? metadataOfColumn(plainOf(row[fields]))
            : metadataOfColumns(fields, (name) => plainOf(row[name])),
      };
    }
  }
}

/** A list of Arrow: its own array only where that holds the values, and not the bits of half floats. */
function numbersOf(value: unknown): unknown {
  const { toArray } = Object(value) as { toArray?: () => unknown };
  if (typeof toArray !== 'function') return value;
  const array = toArray.call(value);
  const isPlain = array instanceof Float32Array || array instanceof Float64Array;
  return isPlain ? array : Array.from(value as Iterable<unknown>);
}

/** Lists and structs of Arrow as lists and objects, without nulls. */
function plainOf(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  const { toJSON } = Object(value) as { toJSON?: () => unknown };
  // Dates are values, though they have one too.
  if (typeof toJSON === 'function' && !(value instanceof Date)) return plainOf(toJSON.call(value));
  if (Array.isArray(value)) return value.map((item) => plainOf(item) ?? null);
  if (typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const plain = plainOf(item);
      return plain === undefined ? [] : [[name, plain]];
    }),
  );
}
