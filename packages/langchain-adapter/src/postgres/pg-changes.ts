import type { Matrix, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError, normalizeRows, selectRows, toMatrix } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentBatch, DocumentEntry } from '../documents/document-batch.ts';
import type { CompiledFilter } from '../filters/document-filter.ts';
import { checkSameModel } from '../store/store-model.ts';
import { filterSql, SqlParameters } from './filter-sql.ts';
import type { CodesVersion, CollectionState, PgCollection } from './pg-collection.ts';
import type { DocumentRow } from './pg-documents.ts';
import { decodeDocument, documentColumns, encodeDocument } from './pg-documents.ts';
import type { PgQueryable } from './pg-pool.ts';
import { inTransaction } from './pg-pool.ts';
import { columnsOf } from './pg-search.ts';
import { toPgText } from './pg-text.ts';
import { codeColumns, searchedBits, vectorArray } from './pg-values.ts';

/** A change of a collection, within a transaction. */
export type PgChange = (client: PgQueryable) => Promise<void>;

const doing = 'deleting documents';
/** Values of vectors in one statement. */
const valuesPerStatement = 100_000;
const mostRowsPerStatement = 1000;
const idsPerStatement = 5000;
const rowsPerPage = 1000;

/** Adds documents to a collection and deletes them; each change is one transaction. */
export class PgChanges {
  readonly #collection: PgCollection;

  constructor(collection: PgCollection) {
    this.#collection = collection;
  }

  /**
   * @param model of the vectors, where that is known; it was checked
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `model-mismatch`, `database-failed`
   */
  async add(
    vectors: Vectors,
    batch: DocumentBatch,
    model: string | undefined,
    task: TaskOptions,
  ): Promise<string[]> {
    const { ids, entries } = batch;
    const collection = this.#collection;
    const { dimensions } = await collection.state();
    const unit = unitVectors(vectors, batch, dimensions);
    if (ids.length === 0) return [];
    await inTransaction(collection.pool, this.addition(unit, entries, model, task), {
      signal: task.signal,
      doing: 'adding documents',
    });
    if (dimensions === undefined) await collection.refresh();
    return ids;
  }

  async deleteIds(ids: readonly string[]): Promise<void> {
    await inTransaction(this.#collection.pool, this.deletionOf(ids), { doing });
  }

  async deleteWhere(filter: CompiledFilter): Promise<void> {
    await inTransaction(this.#collection.pool, this.deletionWhere(filter), { doing });
  }

  async deleteAll(): Promise<void> {
    await inTransaction(this.#collection.pool, this.deletionOfAll(), { doing });
    await this.#collection.refresh();
  }

  /** @param vectors of unit length, one per entry */
  addition(
    vectors: Matrix,
    entries: readonly DocumentEntry[],
    model: string | undefined,
    task: TaskOptions,
  ): PgChange {
    let isRepeated = false;
    return async (client) => {
      const state = await this.#prepare(client, vectors.columns, model);
      // Others wrote the same documents in another order: all who try again do so in one order.
      if (isRepeated) await lockDocuments(client, state, entries);
      isRepeated = true;
      await this.#insert(client, state, vectors, entries, task);
    };
  }

  deletionOf(ids: readonly string[]): PgChange {
    const texts = [...new Set(ids)].map(toPgText).sort();
    return this.#change(async (client, state) => {
      for (let start = 0; start < texts.length; start += idsPerStatement) {
        const { rows } = await client.query<{ row: unknown }>(
          `DELETE FROM ${state.documents} WHERE id = ANY($1) RETURNING row`,
          [texts.slice(start, start + idsPerStatement)],
        );
        await deleteCodes(client, state, rows);
      }
    });
  }

  deletionWhere({ query, passes }: CompiledFilter): PgChange {
    return this.#change(async (client, state) => {
      const parameters = new SqlParameters();
      const condition = filterSql(query, {
        columns: columnsOf(state.options.fields),
        parameters,
        table: 'd',
      });
      const from = parameters.add('0');
      for (let last = '0'; ; ) {
        const { rows } = await client.query<DocumentRow & { row: unknown }>(
          `SELECT row, id, given, content, metadata, types FROM ${state.documents} d
           WHERE row > ${from}::bigint AND ${condition} ORDER BY row LIMIT ${rowsPerPage} FOR UPDATE`,
          parameters.values.with(-1, last),
        );
        const gone = rows.filter((row) => passes(decodeDocument(row).document));
        await client.query(`DELETE FROM ${state.documents} WHERE row = ANY($1::bigint[])`, [
          gone.map(({ row }) => String(row)),
        ]);
        await deleteCodes(client, state, gone);
        if (rows.length < rowsPerPage) return;
        last = String(rows.at(-1)?.row);
      }
    });
  }

  deletionOfAll(): PgChange {
    const { names } = this.#collection.schema;
    return this.#change(async (client, state) => {
      // Locked in the order in which searches do it, which nobody begins anew after a deadlock.
      const tables = [...codesOf(state).map(({ table }) => table), state.documents];
      await client.query(`TRUNCATE ${tables.join(', ')}`);
      await client.query(`UPDATE ${names.collections} SET model = NULL WHERE id = $1`, [state.id]);
    }, 'UPDATE');
  }

  #change(
    change: (client: PgQueryable, state: CollectionState) => Promise<void>,
    lock: 'SHARE' | 'UPDATE' = 'SHARE',
  ): PgChange {
    return async (client) => {
      const state = await this.#collection.read(client, lock);
      if (state.dimensions !== undefined) await change(client, state);
    };
  }

  /** The collection, locked, with a table for documents and the model of its vectors. */
  async #prepare(
    client: PgQueryable,
    dimensions: number,
    model: string | undefined,
  ): Promise<CollectionState> {
    const collection = this.#collection;
    const isReady = (known: CollectionState | undefined): boolean =>
      known?.dimensions !== undefined && (model === undefined || known.model === model);
    // Clients that all hold the weaker lock would wait for each other with the stronger one.
    let state = await collection.read(client, isReady(collection.known) ? 'SHARE' : 'UPDATE');
    if (!isReady(state)) {
      state = await collection.read(client, 'UPDATE');
      if (state.dimensions === undefined) {
        await collection.createDocuments(client, state, dimensions);
      }
      const { names } = collection.schema;
      const known = model ?? state.model;
      await client.query(
        `UPDATE ${names.collections} SET model = $2
         WHERE id = $1 AND (model IS NULL OR NOT EXISTS (SELECT 1 FROM ${state.documents}))`,
        [state.id, known === undefined ? null : toPgText(known)],
      );
      state = await collection.read(client, 'UPDATE');
      // Another client may have filled it since it was checked.
      checkSameModel(state.model, model);
    }
    if (state.dimensions === dimensions) return state;
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `vectors: got ${dimensions} dimensions, expected ${state.dimensions}, as the collection has.`,
      remedy: 'Pass vectors of the model that it was filled with, or name another collection.',
    });
  }

  async #insert(
    client: PgQueryable,
    state: CollectionState,
    vectors: Matrix,
    entries: readonly DocumentEntry[],
    task: TaskOptions,
  ): Promise<void> {
    const { columns } = vectors;
    const total = entries.length;
    const step = Math.max(
      1,
      Math.min(mostRowsPerStatement, Math.floor(valuesPerStatement / columns)),
    );
    for (let start = 0; start < total; start += step) {
      await checkpoint(task, { stage: 'add', done: start, total });
      const end = Math.min(total, start + step);
      const part = vectors.data.subarray(start * columns, end * columns);
      await this.#insertSome(
        client,
        state,
        { rows: end - start, columns, data: part },
        entries.slice(start, end),
      );
    }
    task.onProgress?.({ stage: 'add', done: total, total });
  }

  async #insertSome(
    client: PgQueryable,
    state: CollectionState,
    vectors: Matrix,
    entries: readonly DocumentEntry[],
  ): Promise<void> {
    const { names, oids } = this.#collection.schema;
    const { storage } = state.options;
    const encoded = entries.map(encodeDocument);
    const columns = Object.keys(documentColumns) as (keyof typeof documentColumns)[];
    const arrays = columns.map(
      (column, i) => `$${i + 1}::${column === 'given' ? 'bool' : 'text'}[]`,
    );
    const selected = columns.map((column) => `${column}::${documentColumns[column]}`);
    const updated = [...columns, 'vector'].map((column) => `${column} = EXCLUDED.${column}`);
    const { rows } = await client.query<{ row: unknown; id: string }>(
      `INSERT INTO ${state.documents} AS d (${columns.join(', ')}, vector)
       SELECT ${selected.join(', ')}, vector
       FROM unnest(${arrays.join(', ')}, $${columns.length + 1}::${names.type(storage)}[])
         WITH ORDINALITY AS t (${columns.join(', ')}, vector, place)
       ORDER BY place
       ON CONFLICT (id) DO UPDATE SET ${updated.join(', ')}
       RETURNING d.row, d.id`,
      [
        ...columns.map((column) => encoded.map((values) => values[column])),
        vectorArray(vectors, storage, oids[storage]),
      ],
    );
    const rowOf = new Map(rows.map(({ row, id }) => [id, String(row)]));
    const numbers = encoded.map(({ id }) => rowOf.get(id as string) as string);
    for (const codes of codesOf(state)) await writeCodes(client, codes, vectors, numbers);
  }
}

/**
 * Vectors of a batch at unit length, one per entry.
 *
 * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `empty-input`, `invalid-option`
 */
export function unitVectors(
  vectors: Vectors,
  { ids, positions }: DocumentBatch,
  dimensions: number | undefined,
): Matrix {
  const count = 'rows' in vectors ? vectors.rows : vectors.length;
  if (count !== ids.length) throw countMismatch(count, ids.length);
  if (count === 0) return { rows: 0, columns: dimensions ?? 0, data: new Float32Array() };
  const given = toMatrix(vectors, dimensions === undefined ? {} : { columns: dimensions });
  const unit = normalizeRows(
    positions.length === ids.length ? given : selectRows(given, positions),
  );
  if (unit.columns === 0) throw noDimensions();
  return unit;
}

/** Those that serve, and those that are being made beside them. */
function codesOf({ active, building }: CollectionState): CodesVersion[] {
  return [active, building].filter((codes) => codes !== undefined);
}

/** Those that are there, in the order of their ids. */
async function lockDocuments(
  client: PgQueryable,
  { documents }: CollectionState,
  entries: readonly DocumentEntry[],
): Promise<void> {
  const ids = entries.map(({ id }) => toPgText(id)).sort();
  for (let start = 0; start < ids.length; start += idsPerStatement) {
    await client.query(`SELECT FROM ${documents} WHERE id = ANY($1) ORDER BY id FOR UPDATE`, [
      ids.slice(start, start + idsPerStatement),
    ]);
  }
}

/** In place of what the rows had. */
export async function writeCodes(
  client: PgQueryable,
  { table, quantizer }: CodesVersion,
  vectors: Matrix,
  rows: readonly string[],
): Promise<void> {
  const { code, tail, scale } = codeColumns(
    quantizer.encode(vectors, 'document'),
    quantizer.decoder,
  );
  await client.query(
    `INSERT INTO ${table} (row, scale, code, tail)
     SELECT row, scale, code::bit(${searchedBits(quantizer)}), tail::bytea
     FROM unnest($1::bigint[], $2::real[], $3::text[], $4::text[]) AS t (row, scale, code, tail)
     ON CONFLICT (row) DO UPDATE SET scale = EXCLUDED.scale, code = EXCLUDED.code, tail = EXCLUDED.tail`,
    [rows, scale, code, tail],
  );
}

async function deleteCodes(
  client: PgQueryable,
  state: CollectionState,
  rows: readonly { row: unknown }[],
): Promise<void> {
  if (rows.length === 0) return;
  for (const { table } of codesOf(state)) {
    await client.query(`DELETE FROM ${table} WHERE row = ANY($1::bigint[])`, [
      rows.map(({ row }) => String(row)),
    ]);
  }
}

function countMismatch(got: number, expected: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `vectors: got ${got}, expected ${expected}: one per document.`,
    remedy: 'Pass one per document.',
  });
}

function noDimensions(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'empty-input',
    message: 'vectors: got 0 dimensions, expected at least one.',
    remedy: 'Check what the embedding model returned.',
  });
}
