import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { quoted } from '../database/pg-names.ts';
import type { PgQueryable } from '../database/pg-pool.ts';
import type { PgSchema, PgStorage } from '../database/pg-schema.ts';
import { fromPgText, toPgText } from '../database/pg-text.ts';
import type { AttachedTable } from './attached-table.ts';
import { isUuid } from './attached-table.ts';
import type { DocumentValues } from './pg-documents.ts';
import type { PgAttachment, PgPlace } from './pg-place.ts';
import { vectorArray } from './pg-values.ts';

/**
 * A table of LangChain's. Beside it are ours: `rows`, which numbers its rows and knows of documents what it has no room
 * for, and `uncoded`. A trigger keeps both and the codes as its rows are, whoever changes these.
 */
export class AttachedPlace implements PgPlace, PgAttachment {
  readonly documents: string;
  readonly numbers: string;
  readonly uncoded: string;
  readonly attachment: PgAttachment = this;
  readonly keepsLengths = true;
  /** Theirs, as it is called. */
  readonly table: string;
  readonly #schema: PgSchema;
  readonly #collection: number;
  readonly #attached: AttachedTable;
  readonly #storage: PgStorage;
  /** Their columns, ready to be part of a statement. */
  readonly #id: string;
  readonly #content: string;
  readonly #metadata: string;
  readonly #vector: string;

  constructor(schema: PgSchema, collection: number, attached: AttachedTable, storage: PgStorage) {
    const { names } = schema;
    this.#schema = schema;
    this.#collection = collection;
    this.#attached = attached;
    this.#storage = storage;
    this.#id = quoted(attached.id);
    this.#content = quoted(attached.content);
    this.#metadata = quoted(attached.metadata);
    this.#vector = quoted(attached.vector);
    this.table = `${quoted(attached.schema)}.${quoted(attached.table)}`;
    this.numbers = names.rows(collection);
    this.uncoded = names.uncoded(collection);
    // As that store does, without rows that lack a text or a vector.
    this.documents = `(
      SELECT r.row, r.key, r.key::text AS id, r.given, t.${this.#content}::text AS content,
        coalesce(t.${this.#metadata}, '{}') AS metadata, r.types, t.${this.#vector} AS vector
      FROM ${this.numbers} r JOIN ${this.table} t ON t.${this.#id} = r.key
      WHERE t.${this.#content} IS NOT NULL AND t.${this.#vector} IS NOT NULL
    )`;
  }

  async dimensions(client: PgQueryable): Promise<number | undefined> {
    if (!(await this.#isThere(client))) return undefined;
    const { names } = this.#schema;
    const { rows } = await client.query<{ dimensions: number }>(
      `SELECT ${names.type('vector_dims')}(d.vector) AS dimensions FROM ${this.documents} d LIMIT 1`,
    );
    return rows[0]?.dimensions;
  }

  toKey(id: string): string | undefined {
    if (this.#attached.key === 'text') return toPgText(id);
    const key = id.toLowerCase();
    return isUuid(key) ? key : undefined;
  }

  hasKey(keys: string): string {
    return `d.key = ANY(${keys}::${this.#attached.key}[])`;
  }

  /** Never by an index of theirs, which may leave out rows; vectors of zeros are as far as what is at right angles. */
  distance(query: string): string {
    return `coalesce(nullif(d.vector ${this.#schema.names.operator('<=>')} ${query}, 'NaN'), 1)`;
  }

  cosine(distance: string): string {
    return `1 - ${distance}`;
  }

  async insert(
    client: PgQueryable,
    documents: readonly DocumentValues[],
    vectors: Matrix,
  ): Promise<string[]> {
    const { names, oids } = this.#schema;
    const { key, collection } = this.#attached;
    const storage = this.#storage;
    const ids = documents.map(({ id }) => id);
    const columns = [this.#content, this.#metadata, this.#vector];
    const updated = columns.map((column) => `${column} = EXCLUDED.${column}`);
    await client.query(
      `INSERT INTO ${this.table} AS t (${this.#id}, ${columns.join(', ')}${collection ? ', collection_id' : ''})
       SELECT id::${key}, content, metadata::jsonb, vector${collection ? ', $5::uuid' : ''}
       FROM unnest($1::text[], $2::text[], $3::text[], $4::${names.type(storage)}[])
         WITH ORDINALITY AS u (id, content, metadata, vector, place)
       ORDER BY place
       ON CONFLICT (${this.#id}) DO UPDATE SET ${updated.join(', ')}
       ${collection ? 'WHERE t.collection_id = $5::uuid' : ''}`,
      [
        ids,
        documents.map(({ content }) => content),
        documents.map(({ metadata }) => metadata),
        vectorArray(vectors, storage, oids[storage]),
        ...(collection ? [collection] : []),
      ],
    );
    const { rows } = await client.query<{ row: unknown; id: string }>(
      `UPDATE ${this.numbers} r SET given = u.given, types = u.types::jsonb
       FROM unnest($1::text[], $2::bool[], $3::text[]) AS u (id, given, types)
       WHERE r.key = u.id::${key} RETURNING r.row, r.key::text AS id`,
      [ids, documents.map(({ given }) => given), documents.map(({ types }) => types)],
    );
    const rowOf = new Map(rows.map(({ row, id }) => [id, String(row)]));
    return documents.map(({ id }) => {
      const row = rowOf.get(id as string);
      if (row !== undefined) return row;
      throw new BitryoshkaError({
        code: 'duplicate-id',
        message: `documents: got the id "${fromPgText(id as string)}", which a row of another collection has, expected one of its own.`,
        remedy: 'Give the document another id.',
      });
    });
  }

  deletion(by: 'key' | 'row'): string {
    const { key } = this.#attached;
    const condition =
      by === 'key' ? `t.${this.#id} = ANY($1::${key}[])` : 'r.row = ANY($1::bigint[])';
    return `DELETE FROM ${this.table} t USING ${this.numbers} r
      WHERE r.key = t.${this.#id} AND ${condition} RETURNING r.row`;
  }

  /** Row by row, as the table may have those of other collections; codes go with them. */
  clearing(): string {
    return `DELETE FROM ${this.table} t USING ${this.numbers} r WHERE r.key = t.${this.#id}`;
  }

  async attach(client: PgQueryable): Promise<void> {
    const { names } = this.#schema;
    const { rows, table } = names.triggers(this.#collection);
    const follow = names.follow(this.#collection);
    await client.query(`LOCK TABLE ${this.table} IN SHARE ROW EXCLUSIVE MODE`);
    // With the type of the ids, and their collation.
    await client.query(
      `CREATE TABLE ${this.numbers} AS SELECT ${this.#id} AS key FROM ${this.table} t WHERE ${this.#isMeant('t')}`,
    );
    await client.query(
      `ALTER TABLE ${this.numbers} ALTER key SET NOT NULL, ADD UNIQUE (key),
        ADD row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        ADD given boolean NOT NULL DEFAULT true, ADD types jsonb`,
    );
    await client.query(`CREATE TABLE ${this.uncoded} (row bigint PRIMARY KEY)`);
    await client.query(await this.#following(client));
    await client.query(
      `CREATE TRIGGER ${rows} AFTER INSERT OR UPDATE OR DELETE ON ${this.table}
       FOR EACH ROW EXECUTE FUNCTION ${follow}()`,
    );
    await client.query(
      `CREATE TRIGGER ${table} AFTER TRUNCATE ON ${this.table}
       FOR EACH STATEMENT EXECUTE FUNCTION ${follow}()`,
    );
    await client.query(`ANALYZE ${this.numbers}`);
  }

  async isAttached(client: PgQueryable): Promise<boolean> {
    const { rows } = await client.query(
      `SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = to_regclass($1) AND tgfoid = to_regproc($2) AND NOT tgisinternal`,
      [this.table, this.#schema.names.follow(this.#collection)],
    );
    return rows.length === 2;
  }

  async lock(client: PgQueryable): Promise<void> {
    if (await this.#isThere(client)) {
      await client.query(`LOCK TABLE ${this.table} IN ACCESS EXCLUSIVE MODE`);
    }
  }

  async detach(client: PgQueryable): Promise<void> {
    const { names } = this.#schema;
    const { rows, table } = names.triggers(this.#collection);
    if (await this.#isThere(client)) {
      for (const name of [rows, table]) {
        await client.query(`DROP TRIGGER IF EXISTS ${name} ON ${this.table}`);
      }
    }
    await client.query(`DROP FUNCTION IF EXISTS ${names.follow(this.#collection)}()`);
    await client.query(`DROP TABLE IF EXISTS ${this.numbers}, ${this.uncoded}`);
  }

  /** Tools that restore a database turn triggers off, for instance. */
  async catchUp(client: PgQueryable): Promise<{ row: unknown }[]> {
    const isMeant = this.#isMeant('t');
    const { rows } = await client.query<{ row: unknown }>(
      `WITH gone AS (
         DELETE FROM ${this.numbers} r WHERE NOT EXISTS (
           SELECT FROM ${this.table} t WHERE t.${this.#id} = r.key AND ${isMeant}
         ) RETURNING row
       ), cleared AS (DELETE FROM ${this.uncoded} u USING gone g WHERE g.row = u.row)
       SELECT row FROM gone`,
    );
    await client.query(
      `WITH missed AS (
         INSERT INTO ${this.numbers} (key) SELECT t.${this.#id} FROM ${this.table} t
         WHERE ${isMeant} AND NOT EXISTS (SELECT FROM ${this.numbers} r WHERE r.key = t.${this.#id})
         ON CONFLICT DO NOTHING RETURNING row
       )
       INSERT INTO ${this.uncoded} SELECT row FROM missed`,
    );
    return rows;
  }

  /** The condition of rows of the collection. */
  #isMeant(row: string): string {
    const { collection } = this.#attached;
    if (collection === null) return 'true';
    if (!isUuid(collection)) throw new TypeError('got no UUID for a collection');
    return `(${row}.collection_id = '${collection}') IS TRUE`;
  }

  async #isThere(client: PgQueryable): Promise<boolean> {
    const { rows } = await client.query<{ found: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS found',
      [this.table],
    );
    return rows[0]?.found === true;
  }

  /**
   * What follows the changes of the table, with the rights of who attached: others who change it need none for ours.
   * Rows that are new, or have another vector, have no codes. The collection is locked as by our own changes.
   */
  async #following(client: PgQueryable): Promise<string> {
    const { names } = this.#schema;
    const collection = this.#collection;
    const [id, metadata, vector] = [this.#id, this.#metadata, this.#vector];
    const isSameVector = `OLD.${vector} ${names.operator('=')} NEW.${vector}`;
    const body = `
      #variable_conflict use_column
      DECLARE
        number bigint;
        is_kept boolean := false;
        versions int[];
        version int;
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          is_kept := OLD.${id} = NEW.${id} AND ${this.#isMeant('OLD')} = ${this.#isMeant('NEW')};
        END IF;
        IF is_kept THEN
          IF OLD.${metadata} IS DISTINCT FROM NEW.${metadata} THEN
            UPDATE ${this.numbers} SET types = NULL WHERE key = NEW.${id} AND types IS NOT NULL;
          END IF;
          IF ${isSameVector} THEN
            RETURN NULL;
          END IF;
          SELECT row INTO number FROM ${this.numbers} WHERE key = NEW.${id};
          INSERT INTO ${this.uncoded} SELECT number WHERE number IS NOT NULL ON CONFLICT DO NOTHING;
        ELSIF TG_OP = 'TRUNCATE' THEN
          DELETE FROM ${this.numbers};
          DELETE FROM ${this.uncoded};
        ELSE
          IF TG_OP = 'INSERT' THEN
            DELETE FROM ${this.numbers} WHERE key = NEW.${id} RETURNING row INTO number;
          ELSE
            DELETE FROM ${this.numbers} WHERE key = OLD.${id} RETURNING row INTO number;
          END IF;
          DELETE FROM ${this.uncoded} WHERE row = number;
          IF TG_OP <> 'DELETE' THEN
            WITH added AS (
              INSERT INTO ${this.numbers} (key) SELECT NEW.${id} WHERE ${this.#isMeant('NEW')} RETURNING row
            )
            INSERT INTO ${this.uncoded} SELECT row FROM added;
          END IF;
        END IF;
        IF number IS NULL AND TG_OP <> 'TRUNCATE' THEN
          RETURN NULL;
        END IF;
        SELECT array_remove(ARRAY[active, building], NULL) INTO versions FROM ${names.collections}
          WHERE id = ${collection} FOR SHARE;
        FOREACH version IN ARRAY coalesce(versions, '{}') LOOP
          EXECUTE format(
            'DELETE FROM %I.%I WHERE row = $1 OR $1 IS NULL', '${names.schema}', 'codes_${collection}_' || version
          ) USING number;
        END LOOP;
        RETURN NULL;
      END`;
    const { rows } = await client.query<{ literal: string }>(
      'SELECT quote_literal($1) AS literal',
      [body],
    );
    return `CREATE FUNCTION ${names.follow(collection)}() RETURNS trigger LANGUAGE plpgsql
      SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${rows[0]?.literal}`;
  }
}
