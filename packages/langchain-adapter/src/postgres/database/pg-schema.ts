import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { databaseError, sqlStateOf } from './pg-errors.ts';
import { checkSchema, PgNames, quoted } from './pg-names.ts';
import type { PgPool, PgQueryable } from './pg-pool.ts';
import { inTransaction } from './pg-pool.ts';

/** Locks of ours have this for their first number. */
const lockClass = 0x6274;
const migrationLock = 0;
const oldestPgvector = [0, 7] as const;
const iterativePgvector = [0, 8] as const;

/** How vectors are kept. */
export type PgStorage = 'halfvec' | 'vector';

/** What the server has of what searches need. */
export interface PgSchema {
  readonly names: PgNames;
  /** The numbers of the types of vectors. */
  readonly oids: Readonly<Record<PgStorage, number>>;
  /** Whether walks through an index go on until enough rows pass a filter. */
  readonly isIterative: boolean;
  /** Whether codes can be scored in the database. */
  readonly hasFunctions: boolean;
}

/** How the tables of a format become those of the next. */
const migrations: readonly ((names: PgNames) => readonly string[])[] = [
  ({ collections, quantizers }) => [
    `CREATE TABLE ${collections} (
      id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text COLLATE "C" NOT NULL UNIQUE,
      options jsonb NOT NULL,
      dimensions int,
      model text,
      versions int NOT NULL DEFAULT 0,
      active int,
      building int,
      holder text,
      held_until timestamptz,
      index jsonb,
      depth jsonb
    )`,
    `CREATE TABLE ${quantizers} (
      collection int NOT NULL REFERENCES ${collections} ON DELETE CASCADE,
      version int NOT NULL,
      bits int NOT NULL,
      file bytea NOT NULL,
      recipe jsonb,
      fitted_below bigint NOT NULL,
      recall real,
      made timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (collection, version)
    )`,
  ],
  // Clients that hold codes ask for what has changed since. Of codes that are there nothing is written anew.
  ({ schema, collections, quantizers }) => [
    `DO $$
     DECLARE
       codes text;
     BEGIN
       FOR codes IN SELECT format('codes_%s_%s', collection, version) FROM ${quantizers} q
         JOIN ${collections} c ON c.id = q.collection LOOP
         CONTINUE WHEN to_regclass(format('%I.%I', '${schema}', codes)) IS NULL;
         EXECUTE format('ALTER TABLE %I.%I ADD changed xid8', '${schema}', codes);
         EXECUTE format('ALTER TABLE %I.%I ALTER changed SET DEFAULT pg_current_xact_id()', '${schema}', codes);
         EXECUTE format('CREATE INDEX %I ON %I.%I (changed)', codes || '_changed', '${schema}', codes);
       END LOOP;
     END $$`,
  ],
];

/**
 * The schema with its tables, which are made or brought up to date. Where they are so already, no rights are needed
 * but those to read and write them.
 *
 * @throws BitryoshkaError `not-supported` without pgvector 0.7, `unsupported-version` for tables of a newer version,
 *   `database-failed`
 */
export async function openSchema(
  pool: PgPool,
  schema: string,
  { signal }: Pick<TaskOptions, 'signal'>,
): Promise<PgSchema> {
  checkSchema(schema);
  signal?.throwIfAborted();
  const pgvector = (await findPgvector(pool)) ?? (await createPgvector(pool));
  const names = new PgNames(schema, pgvector.schema);
  const version = await formatOf(pool, names);
  if (version !== migrations.length) await migrate(pool, names, signal);
  return {
    names,
    oids: { halfvec: Number(pgvector.halfvec), vector: Number(pgvector.vector) },
    isIterative: !isBefore(pgvector.version, iterativePgvector),
    hasFunctions: await createFunctions(pool, names),
  };
}

interface Pgvector {
  readonly schema: string;
  readonly version: string;
  readonly halfvec: unknown;
  readonly vector: unknown;
}

async function findPgvector(pool: PgQueryable): Promise<Pgvector | undefined> {
  const { rows } = await pool.query(
    `SELECT nspname AS schema, extversion AS version,
       (SELECT oid FROM pg_type WHERE typnamespace = n.oid AND typname = 'halfvec') AS halfvec,
       (SELECT oid FROM pg_type WHERE typnamespace = n.oid AND typname = 'vector') AS vector
     FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'vector'`,
  );
  const found = rows[0] as Pgvector | undefined;
  if (!found || !isBefore(found.version, oldestPgvector)) return found;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `database: got pgvector ${found.version}, expected 0.7 or newer, which has bits and half vectors.`,
    remedy: 'Install a newer pgvector and run: ALTER EXTENSION vector UPDATE.',
  });
}

async function createPgvector(pool: PgQueryable): Promise<Pgvector> {
  try {
    await pool.query('CREATE EXTENSION IF NOT EXISTS vector');
  } catch (cause) {
    // Another client may have been quicker.
    const found = await findPgvector(pool);
    if (found) return found;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `database: got no pgvector, and none could be created (${reasonOf(cause)}), expected 0.7 or newer.`,
      remedy: 'Install pgvector on the server and run, as its owner: CREATE EXTENSION vector.',
      cause,
    });
  }
  return (await findPgvector(pool)) as Pgvector;
}

/** @returns undefined where there are no tables yet */
async function formatOf(client: PgQueryable, names: PgNames): Promise<number | undefined> {
  // Not by to_regclass, which goes by what its connection knew before it waited for another client.
  const { rows } = await client.query(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname = $1 AND relname = 'format'`,
    [names.schema],
  );
  if (rows.length === 0) return undefined;
  const found = await client.query(`SELECT version FROM ${names.format}`);
  const version = Number(found.rows[0]?.version);
  if (version <= migrations.length) return version;
  throw new BitryoshkaError({
    code: 'unsupported-version',
    message: `schema ${names.schema}: got tables of format ${version}, expected at most ${migrations.length}.`,
    remedy: 'Use the newer version of @bitryoshka/langchain that made them.',
  });
}

async function migrate(
  pool: PgPool,
  names: PgNames,
  signal: AbortSignal | undefined,
): Promise<void> {
  await inTransaction(
    pool,
    async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1, $2)', [lockClass, migrationLock]);
      const version = await formatOf(client, names);
      if (version === undefined) {
        await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(names.schema)}`);
        await client.query(`CREATE TABLE ${names.format} (version int NOT NULL)`);
        await client.query(`INSERT INTO ${names.format} VALUES (0)`);
      }
      for (const step of migrations.slice(version ?? 0)) {
        for (const statement of step(names)) await client.query(statement);
      }
      await client.query(`UPDATE ${names.format} SET version = $1`, [migrations.length]);
    },
    { signal },
  );
}

/** Bits that one look into a table answers. */
export const bitsPerLook = 4;

/**
 * What a query makes of a code: the sum of one entry of `bit_tables` for every four bits and one of `byte_tables` for every byte
 * behind them. Of no use where functions may not be created: the client scores then.
 *
 * @returns whether there is one
 */
async function createFunctions(pool: PgPool, { schema, decodedScore }: PgNames): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
     WHERE nspname = $1 AND proname = 'decoded_score'`,
    [schema],
  );
  if (rows.length > 0) return true;
  try {
    await pool.query(
      `CREATE OR REPLACE FUNCTION ${decodedScore}(code bit, tail bytea, bit_tables real[], byte_tables real[])
       RETURNS double precision LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
       DECLARE
         sum double precision := 0;
       BEGIN
         FOR i IN 0 .. (length(code) + ${bitsPerLook - 1}) / ${bitsPerLook} - 1 LOOP
           sum := sum + bit_tables[${1 << bitsPerLook} * i + substring(code FROM ${bitsPerLook} * i + 1 FOR ${bitsPerLook})::bit(${bitsPerLook})::int + 1];
         END LOOP;
         IF tail IS NOT NULL THEN
           FOR i IN 0 .. length(tail) - 1 LOOP
             sum := sum + byte_tables[256 * i + get_byte(tail, i) + 1];
           END LOOP;
         END IF;
         RETURN sum;
       END $$`,
    );
    return true;
  } catch (cause) {
    const state = sqlStateOf(cause);
    // Not allowed, or another client is just making it.
    if (state === '42501') return false;
    if (state === 'XX000' || state === '23505') return true;
    throw databaseError(cause, 'creating a function');
  }
}

function isBefore(version: string, [major, minor]: readonly [number, number]): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first < major || (first === major && second < minor);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
