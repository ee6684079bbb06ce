import type { PgClient, PgPool, PgResult } from './pg-pool.ts';

/** What is used of PGlite: PostgreSQL in WebAssembly, with one connection. */
export interface PGliteDatabase {
  query(
    text: string,
    values?: readonly unknown[],
    options?: PGliteQueryOptions,
  ): Promise<PGliteResult>;
  exec(text: string, options?: PGliteQueryOptions): Promise<PGliteResult[]>;
  refreshArrayTypes?(): Promise<void>;
}

export interface PGliteQueryOptions {
  parsers?: Record<number, (value: string) => unknown>;
}

export interface PGliteResult {
  rows: unknown[];
  affectedRows?: number;
  rowCount?: number;
  command?: string;
}

/** As `pg` gives them: int8, which has numbers that JavaScript has not, as text. */
const options: PGliteQueryOptions = { parsers: { 20: (value) => value } };

/**
 * Databases that know all types with arrays: they ask for them once, before there are extensions perhaps, and take no
 * binary values for others.
 */
const typed = new WeakSet<PGliteDatabase>();

/** What waits for the connection of a database, whichever pool it was asked of. */
const queues = new WeakMap<PGliteDatabase, Promise<void>>();

/**
 * PGlite as a pool. It has one connection: who asks for it waits until it is given back, and what was begun and not
 * sealed by then is rolled back. Ask the database itself nothing while the pool is in use: that would be part of
 * whatever transaction is open. Ending the pool is left to who made the database.
 */
export function pglitePool(db: PGliteDatabase): PgPool {
  return {
    isSingle: true,
    async connect() {
      return connectedClient(db, await turnOf(db));
    },
    async query(text, values) {
      const client = await this.connect();
      try {
        return await client.query(text, values);
      } finally {
        client.release();
      }
    },
  };
}

/** @returns what ends the turn */
async function turnOf(db: PGliteDatabase): Promise<() => void> {
  const before = queues.get(db);
  let end = (): void => {};
  const turn = new Promise<void>((resolve) => {
    end = resolve;
  });
  queues.set(
    db,
    (before ?? Promise.resolve()).then(() => turn),
  );
  await before;
  return end;
}

function connectedClient(db: PGliteDatabase, endTurn: () => void): PgClient {
  let isReleased = false;
  return {
    async query(text, values) {
      if (isReleased) throw new Error('Client was released');
      return runStatement(db, text, values) as never;
    },
    release() {
      if (isReleased) throw new Error('Release called on client which has already been released');
      isReleased = true;
      // Without a transaction, this does nothing; a database that was closed has none.
      db.exec('ROLLBACK').then(endTurn, endTurn);
    },
  };
}

/** As with `pg`, text without values may have several statements. */
async function runStatement(
  db: PGliteDatabase,
  text: string,
  values: readonly unknown[] | undefined,
): Promise<PgResult<unknown>> {
  if (/^\s*create\s+extension\b/i.test(text)) typed.delete(db);
  if (values?.some((value) => value instanceof Uint8Array) && !typed.has(db)) {
    await db.refreshArrayTypes?.();
    typed.add(db);
  }
  const asked = values
    ? db.query(text, values, options).then((result) => [result])
    : db.exec(text, options);
  const results = await asked.catch(withoutValues);
  const { rows = [], rowCount, affectedRows, command } = results.at(-1) ?? {};
  return { rows, rowCount: rowCount ?? (affectedRows || rows.length), command };
}

/** PGlite has the values of parameters in its errors, from where they would get into logs. */
function withoutValues(error: unknown): never {
  if (typeof error === 'object' && error !== null && 'params' in error) delete error.params;
  throw error;
}
