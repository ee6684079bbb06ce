import type { Matrix } from '@bitryoshka/core';
import type { PgQueryable } from '../database/pg-pool.ts';
import type { PgSchema, PgStorage } from '../database/pg-schema.ts';
import { toPgText } from '../database/pg-text.ts';
import type { DocumentValues } from './pg-documents.ts';
import { documentColumns } from './pg-documents.ts';
import { vectorArray } from './pg-values.ts';

/** Where the documents of a collection lie: what statements are made of that find and change them. */
export interface PgPlace {
  /** Behind FROM, with an alias behind it: rows with the columns of `DocumentRow`, `row` and `vector`. */
  readonly documents: string;
  /** The table that numbers them. */
  readonly numbers: string;
  /** The table of rows that have no codes beside others that do: their vectors are compared in every search. */
  readonly uncoded: string | undefined;
  /** Of a table of others. */
  readonly attachment: PgAttachment | undefined;
  /** Whether vectors are kept as they are given, rather than at unit length. */
  readonly keepsLengths: boolean;
  /** Of the vectors, where nobody has said; undefined without any. */
  dimensions?(client: PgQueryable): Promise<number | undefined>;
  /** An id as the database knows it; undefined for one that no document can have. */
  toKey(id: string): string | undefined;
  /** The condition of documents `d` whose keys are among those of a parameter. */
  hasKey(keys: string): string;
  /** Of the vectors of documents `d` and a query of unit length. */
  distance(query: string): string;
  /** What a distance is as a cosine. */
  cosine(distance: string): string;
  /**
   * Adds documents, or puts them in the place of those with the same keys.
   *
   * @returns their rows, in that order
   */
  insert(
    client: PgQueryable,
    documents: readonly DocumentValues[],
    vectors: Matrix,
  ): Promise<string[]>;
  /** Deletes those whose keys or rows are among `$1`, and returns their rows. */
  deletion(by: 'key' | 'row'): string;
  /** Deletes all of them and all codes. */
  clearing(codes: readonly string[]): string;
}

/** What lies beside a table of others; all of it happens within a transaction. */
export interface PgAttachment {
  /** Makes it. The table takes no changes until the transaction ends. */
  attach(client: PgQueryable): Promise<void>;
  /** Whether it is there: a table that was dropped and made anew has none. */
  isAttached(client: PgQueryable): Promise<boolean>;
  /** Before anything else is locked: who changes the table locks that first. */
  lock(client: PgQueryable): Promise<void>;
  /** Drops it. */
  detach(client: PgQueryable): Promise<void>;
  /**
   * Takes up what was changed while nobody followed.
   *
   * @returns rows that are gone, whose codes are to be deleted
   */
  catchUp(client: PgQueryable): Promise<{ row: unknown }[]>;
}

/** A table of ours. */
export class OwnPlace implements PgPlace {
  readonly documents: string;
  readonly numbers: string;
  readonly uncoded: undefined;
  readonly attachment: undefined;
  readonly keepsLengths = false;
  readonly toKey: (id: string) => string = toPgText;
  readonly #schema: PgSchema;
  readonly #storage: PgStorage;

  constructor(schema: PgSchema, collection: number, storage: PgStorage) {
    this.documents = schema.names.documents(collection);
    this.numbers = this.documents;
    this.#schema = schema;
    this.#storage = storage;
  }

  hasKey(keys: string): string {
    return `d.id = ANY(${keys})`;
  }

  distance(query: string): string {
    return `d.vector ${this.#schema.names.operator('<#>')} ${query}`;
  }

  cosine(distance: string): string {
    return `-(${distance})`;
  }

  async insert(
    client: PgQueryable,
    documents: readonly DocumentValues[],
    vectors: Matrix,
  ): Promise<string[]> {
    const { names, oids } = this.#schema;
    const storage = this.#storage;
    const columns = Object.keys(documentColumns) as (keyof typeof documentColumns)[];
    const arrays = columns.map(
      (column, i) => `$${i + 1}::${column === 'given' ? 'bool' : 'text'}[]`,
    );
    const selected = columns.map((column) => `${column}::${documentColumns[column]}`);
    const updated = [...columns, 'vector'].map((column) => `${column} = EXCLUDED.${column}`);
    const { rows } = await client.query<{ row: unknown; id: string }>(
      `INSERT INTO ${this.documents} AS d (${columns.join(', ')}, vector)
       SELECT ${selected.join(', ')}, vector
       FROM unnest(${arrays.join(', ')}, $${columns.length + 1}::${names.type(storage)}[])
         WITH ORDINALITY AS t (${columns.join(', ')}, vector, place)
       ORDER BY place
       ON CONFLICT (id) DO UPDATE SET ${updated.join(', ')}
       RETURNING d.row, d.id`,
      [
        ...columns.map((column) => documents.map((values) => values[column])),
        vectorArray(vectors, storage, oids[storage]),
      ],
    );
    const rowOf = new Map(rows.map(({ row, id }) => [id, String(row)]));
    return documents.map(({ id }) => rowOf.get(id as string) as string);
  }

  deletion(by: 'key' | 'row'): string {
    const condition = by === 'key' ? this.hasKey('$1') : 'd.row = ANY($1::bigint[])';
    return `DELETE FROM ${this.documents} d WHERE ${condition} RETURNING d.row`;
  }

  clearing(codes: readonly string[]): string {
    // Locked in the order in which searches do it, which nobody begins anew after a deadlock.
    return `TRUNCATE ${[...codes, this.documents].join(', ')}`;
  }
}
