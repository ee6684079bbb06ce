import type { Matrix, TaskOptions, Vectors } from '@bitryoshka/core';
import { BitryoshkaError, normalizeRows, selectRows, toMatrix } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentBatch, DocumentEntry } from '../../documents/document-batch.ts';
import type { CompiledFilter } from '../../filters/document-filter.ts';
import { checkSameModel } from '../../store/store-model.ts';
import type { PgQueryable } from '../database/pg-pool.ts';
import { inTransaction } from '../database/pg-pool.ts';
import { toPgText } from '../database/pg-text.ts';
import { columnsOf, filterSql, SqlParameters } from '../sql/filter-sql.ts';
import type { CodesVersion, CollectionState, PgCollection } from './pg-collection.ts';
import type { DocumentRow, DocumentValues } from './pg-documents.ts';
import { decodeDocument, encodeDocument } from './pg-documents.ts';
import { codeColumns, parseVector, searchedBits } from './pg-values.ts';

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
    const { dimensions, place } = await collection.state();
    const chosen = chosenVectors(vectors, batch, dimensions);
    if (ids.length === 0) return [];
    const kept = place.keepsLengths ? chosen : normalizeRows(chosen);
    await inTransaction(collection.pool, this.addition(kept, entries, model, task), {
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

  /** @param vectors as they are kept, one per entry */
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
    return this.#change(async (client, state) => {
      const { place } = state;
      const keys = [...new Set(ids)].flatMap((id) => place.toKey(id) ?? []).sort();
      for (let start = 0; start < keys.length; start += idsPerStatement) {
        const { rows } = await client.query<{ row: unknown }>(place.deletion('key'), [
          keys.slice(start, start + idsPerStatement),
        ]);
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
        await client.query(state.place.deletion('row'), [gone.map(({ row }) => String(row))]);
        await deleteCodes(client, state, gone);
        if (rows.length < rowsPerPage) return;
        last = String(rows.at(-1)?.row);
      }
    });
  }

  deletionOfAll(): PgChange {
    const { names } = this.#collection.schema;
    return this.#change(async (client, state) => {
      await client.query(state.place.clearing(codesOf(state).map(({ table }) => table)));
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
         WHERE id = $1 AND (model IS NULL OR NOT EXISTS (SELECT 1 FROM ${state.documents} d))`,
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
    const { place } = state;
    const encoded = entries.map((entry): DocumentValues => {
      const id = place.toKey(entry.id);
      if (id === undefined) throw unkeptId(entry.id);
      return { ...encodeDocument(entry), id };
    });
    const rows = await place.insert(client, encoded, vectors);
    await writeAllCodes(client, state, vectors, rows);
  }

  /**
   * Gives codes to rows that others have added to a table of theirs, or changed, batch by batch.
   *
   * @returns how many have got some
   */
  async encodeOthers(task: TaskOptions): Promise<number> {
    const { pool } = this.#collection;
    const { place } = await this.#collection.refresh();
    const { uncoded, attachment } = place;
    if (!attachment || uncoded === undefined) throw notAttached(this.#collection.name);
    await inTransaction(
      pool,
      this.#change(async (client, state) => {
        await deleteCodes(client, state, await attachment.catchUp(client));
      }),
      { signal: task.signal, doing: 'catching up with a table' },
    );
    const { rows } = await pool.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${uncoded}`,
    );
    const total = Number(rows[0]?.count);
    for (let done = 0; ; ) {
      await checkpoint(task, { stage: 'encode', done: Math.min(done, total), total });
      let some = 0;
      const change = this.#change(async (client, state) => {
        some = state.active ? await encodeSome(client, state, uncoded) : 0;
      });
      await inTransaction(pool, change, { signal: task.signal, doing: 'encoding documents' });
      if (some === 0) return done;
      done += some;
    }
  }
}

/** @returns how many rows there were */
async function encodeSome(
  client: PgQueryable,
  state: CollectionState,
  uncoded: string,
): Promise<number> {
  const { rows } = await client.query<{ row: unknown; vector: string }>(
    `SELECT d.row, d.vector::text AS vector FROM ${uncoded} u JOIN ${state.documents} d ON d.row = u.row
     ORDER BY d.row LIMIT ${rowsPerPage} FOR SHARE OF d`,
  );
  if (rows.length === 0) return 0;
  const vectors = toMatrix(rows.map(({ vector }) => parseVector(vector)));
  const numbers = rows.map(({ row }) => String(row));
  await writeAllCodes(client, state, vectors, numbers);
  return rows.length;
}

/**
 * Vectors of a batch at unit length, one per entry.
 *
 * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `empty-input`, `invalid-option`
 */
export function unitVectors(
  vectors: Vectors,
  batch: DocumentBatch,
  dimensions: number | undefined,
): Matrix {
  return normalizeRows(chosenVectors(vectors, batch, dimensions));
}

function chosenVectors(
  vectors: Vectors,
  { ids, positions }: DocumentBatch,
  dimensions: number | undefined,
): Matrix {
  const count = 'rows' in vectors ? vectors.rows : vectors.length;
  if (count !== ids.length) throw countMismatch(count, ids.length);
  if (count === 0) return { rows: 0, columns: dimensions ?? 0, data: new Float32Array() };
  const given = toMatrix(vectors, dimensions === undefined ? {} : { columns: dimensions });
  if (given.columns === 0) throw noDimensions();
  return positions.length === ids.length ? given : selectRows(given, positions);
}

/** Those that serve, and those that are being made beside them. */
function codesOf({ active, building }: CollectionState): CodesVersion[] {
  return [active, building].filter((codes) => codes !== undefined);
}

/** Those that are there, in the order of their ids. */
async function lockDocuments(
  client: PgQueryable,
  { documents, place }: CollectionState,
  entries: readonly DocumentEntry[],
): Promise<void> {
  const keys = entries.flatMap(({ id }) => place.toKey(id) ?? []).sort();
  const condition = place.hasKey('$1');
  for (let start = 0; start < keys.length; start += idsPerStatement) {
    await client.query(`SELECT FROM ${documents} d WHERE ${condition} ORDER BY id FOR UPDATE`, [
      keys.slice(start, start + idsPerStatement),
    ]);
  }
}

/** Of all versions that there are. */
async function writeAllCodes(
  client: PgQueryable,
  state: CollectionState,
  vectors: Matrix,
  rows: readonly string[],
): Promise<void> {
  for (const codes of codesOf(state)) await writeCodes(client, codes, vectors, rows);
  const { uncoded } = state.place;
  if (!state.active || uncoded === undefined) return;
  await client.query(`DELETE FROM ${uncoded} WHERE row = ANY($1::bigint[])`, [rows]);
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
     ON CONFLICT (row) DO UPDATE SET scale = EXCLUDED.scale, code = EXCLUDED.code,
       tail = EXCLUDED.tail, changed = EXCLUDED.changed`,
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

function notAttached(name: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `collection "${name}": got a table of our own, expected one of PGVectorStore.`,
    remedy: 'Its documents have codes as soon as they are added; after many changes, call refit().',
  });
}

function unkeptId(id: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `ids: got "${id}", expected a UUID, as the table has them.`,
    remedy: 'Leave ids out, or pass UUIDs.',
  });
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
