import { BitryoshkaError } from '@bitryoshka/core';
import { quoted } from '../database/pg-names.ts';
import type { PgQueryable } from '../database/pg-pool.ts';
import type { PgStorage } from '../database/pg-schema.ts';

/** A table of LangChain's `PGVectorStore`, by the names that its own options have. */
export interface PgAttachedTable {
  readonly tableName: string;
  /** Of the table. Default: where the server looks first. */
  readonly schemaName?: string | undefined;
  /** As they are called. Default: as that store calls them. */
  readonly columns?:
    | {
        /** Default: `id`. */
        readonly idColumnName?: string | undefined;
        /** Default: `embedding`. */
        readonly vectorColumnName?: string | undefined;
        /** Default: `text`. */
        readonly contentColumnName?: string | undefined;
        /** Default: `metadata`. */
        readonly metadataColumnName?: string | undefined;
      }
    | undefined;
  /** The table of collections, in the same schema, where only the documents of one are meant. */
  readonly collectionTableName?: string | undefined;
  /** Default: `langchain`. */
  readonly collectionName?: string | undefined;
}

/** As it was found in the catalog, and is kept with a collection. */
export interface AttachedTable {
  readonly schema: string;
  readonly table: string;
  readonly id: string;
  readonly content: string;
  readonly metadata: string;
  readonly vector: string;
  /** What ids are. */
  readonly key: 'uuid' | 'text';
  /** The number of the collection in that table, where only its documents are meant. */
  readonly collection: string | null;
}

export interface FoundTable {
  readonly attached: AttachedTable;
  readonly storage: PgStorage;
  /** Undefined where the column takes vectors of any length, and there are none yet. */
  readonly dimensions: number | undefined;
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const keyTypes: Readonly<Record<string, AttachedTable['key']>> = {
  uuid: 'uuid',
  text: 'text',
  varchar: 'text',
};

/**
 * Looks for a table and its columns in the catalog.
 *
 * @throws BitryoshkaError `invalid-option` for what is not there, or is something else
 */
export async function findTable(
  client: PgQueryable,
  { tableName, schemaName, columns = {}, ...collection }: PgAttachedTable,
): Promise<FoundTable> {
  const { idColumnName: id = 'id', vectorColumnName: vector = 'embedding' } = columns;
  const { contentColumnName: content = 'text', metadataColumnName: metadata = 'metadata' } =
    columns;
  checkNames({
    tableName,
    ...(schemaName !== undefined && { schemaName }),
    'columns.idColumnName': id,
    'columns.vectorColumnName': vector,
    'columns.contentColumnName': content,
    'columns.metadataColumnName': metadata,
  });
  const { oid, schema, table, kind } = await relationOf(client, 'tableName', tableName, schemaName);
  if (kind !== 'r' && kind !== 'p') {
    throw invalid('tableName', tableName, 'a table, and no view or anything else');
  }
  const { rows } = await client.query<FoundColumn>(
    `SELECT attname AS name, typname AS type, atttypmod AS length, attnotnull AS filled,
       EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = attrelid AND indisunique AND indisvalid
         AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = 1 AND indkey[0] = attnum) AS unique
     FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type t ON t.oid = atttypid
     WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped`,
    [oid],
  );
  const column = (option: string, name: string, types: readonly string[]): FoundColumn => {
    const found = rows.find((each) => each.name === name);
    if (found && types.includes(found.type)) return found;
    const got = found ? `"${name}" of type ${found.type}` : `"${name}", which ${table} has not`;
    throw invalid(`columns.${option}`, got, `a column of type ${types.join(' or ')}`);
  };
  const key = column('idColumnName', id, Object.keys(keyTypes));
  if (!key.unique || !key.filled) {
    throw invalid('columns.idColumnName', `"${id}"`, 'a primary key, or one like it');
  }
  column('contentColumnName', content, ['text', 'varchar']);
  column('metadataColumnName', metadata, ['jsonb']);
  const { type, length } = column('vectorColumnName', vector, ['vector', 'halfvec']);
  const attached: AttachedTable = {
    schema,
    table,
    id,
    content,
    metadata,
    vector,
    key: keyTypes[key.type] as AttachedTable['key'],
    collection: await collectionOf(client, { ...collection, schemaName }, rows),
  };
  const dimensions = length > 0 ? length : undefined;
  return { attached, storage: type as PgStorage, dimensions };
}

interface FoundColumn {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly filled: boolean;
  readonly unique: boolean;
}

interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
}

async function relationOf(
  client: PgQueryable,
  option: string,
  name: string,
  schemaName: string | undefined,
): Promise<Relation> {
  const qualified =
    schemaName === undefined ? quoted(name) : `${quoted(schemaName)}.${quoted(name)}`;
  const { rows } = await client.query<Relation>(
    `SELECT c.oid, nspname AS schema, relname AS table, relkind AS kind
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
     WHERE c.oid = to_regclass($1)`,
    [qualified],
  );
  const found = rows[0];
  if (found) return found;
  const lower = name.toLowerCase();
  const hint = schemaName === undefined && name !== lower ? `, "${lower}" perhaps` : '';
  throw invalid(option, qualified, `a table that is there${hint}`);
}

/** As that store does it, one that is not there is made. */
async function collectionOf(
  client: PgQueryable,
  { collectionTableName, collectionName, schemaName }: Omit<PgAttachedTable, 'tableName'>,
  columns: readonly FoundColumn[],
): Promise<string | null> {
  if (collectionTableName === undefined) {
    if (collectionName === undefined) return null;
    throw invalid('collectionName', `"${collectionName}"`, 'a collectionTableName beside it');
  }
  const name = collectionName ?? 'langchain';
  checkNames({ collectionTableName, collectionName: name });
  if (!columns.some((each) => each.name === 'collection_id' && each.type === 'uuid')) {
    throw invalid('collectionTableName', `"${collectionTableName}"`, 'a column collection_id');
  }
  const found = await relationOf(client, 'collectionTableName', collectionTableName, schemaName);
  const collections = `${quoted(found.schema)}.${quoted(found.table)}`;
  const { rows } = await client.query<{ uuid: string }>(
    `WITH known AS (SELECT uuid FROM ${collections} WHERE name = $1 LIMIT 1),
       made AS (INSERT INTO ${collections} (uuid, name) SELECT gen_random_uuid(), $1
         WHERE NOT EXISTS (SELECT FROM known) RETURNING uuid)
     SELECT uuid FROM known UNION ALL SELECT uuid FROM made`,
    [name],
  );
  return rows[0]?.uuid as string;
}

export function isUuid(text: string): boolean {
  return uuid.test(text);
}

function checkNames(names: Record<string, unknown>): void {
  for (const [option, name] of Object.entries(names)) {
    if (typeof name === 'string' && name !== '' && !name.includes('\0')) continue;
    throw invalid(option, JSON.stringify(name), 'a name');
  }
}

function invalid(option: string, got: string, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${option}: got ${got}, expected ${expected}.`,
    remedy:
      'Pass the names that PGVectorStore was given; those that were not in quotation marks in SQL are lower case.',
  });
}
