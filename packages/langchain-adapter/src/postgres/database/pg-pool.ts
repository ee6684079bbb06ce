import { BitryoshkaError } from '@bitryoshka/core';
import { closesConnection, databaseError, sqlStateOf } from './pg-errors.ts';

/** What a statement gives. Of several in one text, say nothing of it. */
export interface PgResult<Row> {
  readonly rows: Row[];
  /** Rows that were given, or changed. */
  readonly rowCount: number | null;
  /** `'SELECT'`, `'ROLLBACK'`: what the server says that it did. */
  readonly command?: string | undefined;
}

/** What takes SQL: the pools and the clients of `pg` do. Values stand where the text has $1, $2. */
export interface PgQueryable {
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<PgResult<Row>>;
}

/** One connection, taken out of a pool. */
export interface PgClient extends PgQueryable {
  /** @param destroy whether the connection is closed, not used again */
  release(destroy?: boolean): void;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  removeListener?(event: 'error', listener: (error: Error) => void): unknown;
}

/** A pool of connections: `new pg.Pool()` is one, `pglitePool(db)` another. */
export interface PgPool extends PgQueryable {
  connect(): Promise<PgClient>;
  end?(): Promise<void>;
  /** Whether there is but one connection, so that nobody can stop what it does. Default: false. */
  readonly isSingle?: boolean | undefined;
}

/** Where a database is: a pool of the caller, or what `pg` connects with, a URL or its options. */
export type PgSource =
  | { readonly pool: PgPool; readonly connection?: undefined }
  | { readonly connection: string | object; readonly pool?: undefined };

export interface OpenPoolOptions {
  /** How long to wait for a connection, in ms. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long one statement may take, in ms. Default: what the server allows. */
  readonly statementTimeoutMs?: number | undefined;
}

/**
 * A pool, without connecting yet. The options are for pools that are made here.
 *
 * @returns `isOwn`: whether it was made here, so that who asked for it ends it
 * @throws BitryoshkaError `invalid-option`, `not-supported` where `pg` is not installed
 */
export async function openPool(
  { pool, connection }: PgSource,
  { connectTimeoutMs = 10_000, statementTimeoutMs }: OpenPoolOptions = {},
): Promise<{ readonly pool: PgPool; readonly isOwn: boolean }> {
  if ((pool === undefined) === (connection === undefined)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `pool, connection: got ${pool ? 'both' : 'neither'}, expected one of them.`,
      remedy: 'Pass { pool: new pg.Pool() } or { connection: "postgres://…" }.',
    });
  }
  if (pool) {
    checkPool(pool);
    return { pool, isOwn: false };
  }
  const { Pool } = await importPg();
  const own = new Pool({
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(statementTimeoutMs !== undefined && { statement_timeout: statementTimeoutMs }),
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
  });
  // A connection that dies while nobody uses it is replaced; unheard, the error would end the process.
  own.on('error', () => {});
  return { pool: own, isOwn: true };
}

function checkPool(pool: PgPool): void {
  if (typeof pool.query === 'function' && typeof pool.connect === 'function') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: 'pool: got an object without query and connect, expected a pool of pg.',
    remedy: 'Pass a pg.Pool, or pglitePool(db) for PGlite.',
  });
}

async function importPg(): Promise<typeof import('pg')> {
  try {
    const module = await import('pg');
    // Of a CommonJS module, bundlers give either.
    return 'Pool' in module ? module : (module as { default: typeof import('pg') }).default;
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `connection: got no package pg that can be loaded, expected it to be installed.`,
      remedy: 'Run npm install pg, or pass { pool }.',
      cause,
    });
  }
}

export interface ClientOptions {
  /** What is done, as errors say it: the start of their message. Default: `'PostgreSQL'`. */
  readonly doing?: string | undefined;
}

/**
 * Runs `fn` with a connection of its own, outside transactions: for these there is `inTransaction`. What its
 * statements throw are `BitryoshkaError`s; what else it throws passes as it is.
 *
 * @throws BitryoshkaError `database-failed`
 */
export async function withClient<T>(
  pool: PgPool,
  fn: (client: PgQueryable) => Promise<T>,
  { doing = 'PostgreSQL' }: ClientOptions = {},
): Promise<T> {
  const { client, release } = await checkOut(pool, doing);
  // After anything but a word of the server, a statement may be running still.
  let isIntact = false;
  try {
    const result = await fn(client);
    isIntact = true;
    return result;
  } catch (error) {
    isIntact = wasRefused(error);
    throw error;
  } finally {
    release(isIntact);
  }
}

export interface TransactionOptions extends ClientOptions {
  /** Rolls back what was not sealed, and stops the statement that runs, except on PGlite. */
  readonly signal?: AbortSignal | undefined;
}

/** Times that a transaction is begun anew because others changed the same rows. */
export const mostRetries = 5;

/**
 * Runs `fn` between BEGIN and COMMIT. It is run again, up to five times, where the server asks for that (SQLSTATE
 * 40001, 40P01): it must do nothing but with its client that cannot be done twice. Where it throws, all is rolled back.
 *
 * @throws BitryoshkaError `database-failed`, the reason of `signal`, or what `fn` throws
 */
export async function inTransaction<T>(
  pool: PgPool,
  fn: (client: PgQueryable) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let retries = 0; ; retries++) {
    options.signal?.throwIfAborted();
    try {
      return await tryTransaction(pool, fn, options);
    } catch (error) {
      if (retries === mostRetries || !isToBeRepeated(error)) throw error;
      await beforeRetry(retries);
    }
  }
}

/** Whether the server asks for the transaction to be begun anew. */
export function isToBeRepeated(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

/** Not all at once again. */
export async function beforeRetry(retries: number): Promise<void> {
  const mostMs = 10 * 2 ** retries;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * mostMs));
}

async function tryTransaction<T>(
  pool: PgPool,
  fn: (client: PgQueryable) => Promise<T>,
  { doing = 'PostgreSQL', signal }: TransactionOptions,
): Promise<T> {
  const { client, release } = await checkOut(pool, doing);
  let isIntact = false;
  let stopCancelling = (): void => {};
  try {
    await client.query('BEGIN');
    stopCancelling = await cancelOnAbort(pool, client, signal);
    const result = await fn(client);
    stopCancelling();
    signal?.throwIfAborted();
    await commit(client, doing);
    isIntact = true;
    return result;
  } catch (error) {
    stopCancelling();
    isIntact = await rollBack(client);
    // Where a statement was stopped, that it was is why.
    signal?.throwIfAborted();
    throw error;
  } finally {
    // What was to be stopped may be stopped late, and would then be what others do with this connection.
    release(isIntact && !signal?.aborted);
  }
}

export async function commit(client: PgQueryable, doing: string): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    if (wasRefused(error)) throw error;
    throw new BitryoshkaError({
      code: 'database-failed',
      message: `${doing}: got no answer to COMMIT: the connection was lost.`,
      remedy: 'Look whether the change was made before making it again.',
      cause: error,
    });
  });
  if (command !== 'ROLLBACK') return;
  throw new BitryoshkaError({
    code: 'database-failed',
    message: `${doing}: got a transaction in which a statement had failed, expected that to be thrown on.`,
    remedy: 'Nothing was changed. Let the error of the statement end the transaction.',
  });
}

/** @returns whether the connection can be used again */
export async function rollBack(client: PgQueryable): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** Stops the statement that runs when the signal is aborted, through another connection. */
export async function cancelOnAbort(
  pool: PgPool,
  client: PgQueryable,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  if (!signal || pool.isSingle) return () => {};
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const cancel = (): void => {
    // Where this fails, the statement runs to its end, and is rolled back then.
    pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/** Whether the server said no to a statement, and the connection is as it was. */
function wasRefused(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && !closesConnection(state);
}

export interface CheckedOut {
  /** Throws `BitryoshkaError`s. */
  readonly client: PgQueryable;
  readonly release: (isIntact: boolean) => void;
}

export async function checkOut(pool: PgPool, doing: string): Promise<CheckedOut> {
  const connected = await pool.connect().catch((cause: unknown) => {
    throw databaseError(cause, doing);
  });
  let isLost = false;
  // Between statements, nobody else hears of it, and the error would end the process.
  const onError = (): void => {
    isLost = true;
  };
  connected.on?.('error', onError);
  return {
    client: {
      query: (text, values) =>
        connected.query(text, values).catch((cause: unknown) => {
          throw databaseError(cause, doing);
        }) as never,
    },
    release: (isIntact) => {
      connected.release(isLost || !isIntact);
      connected.removeListener?.('error', onError);
    },
  };
}
