import { BitryoshkaError } from '@bitryoshka/core';
import type { SqliteDriver } from './sqlite-driver.ts';
import type { WasmDatabaseClass } from './wasm-driver.ts';
import { wasmDriver } from './wasm-driver.ts';

/** Which files of the origin, as `installOpfsSAHPoolVfs` names them. */
export interface SqliteWasmOptions {
  /** Default: `opfs-sahpool`. */
  readonly name?: string | undefined;
  /** A folder of the origin private file system, which has no other files. Default: a dot, and the name. */
  readonly directory?: string | undefined;
}

/** The part of the pool of files that stores use. */
export interface SqliteWasmPool {
  readonly OpfsSAHPoolDb: WasmDatabaseClass;
  getCapacity(): number;
  getFileCount(): number;
  addCapacity(files: number): Promise<number>;
}

/** What `sqlite3InitModule()` of `@sqlite.org/sqlite-wasm` gives. */
export interface SqliteWasm {
  readonly version: { readonly libVersionNumber: number };
  installOpfsSAHPoolVfs?(options: {
    name?: string;
    directory?: string;
    verbosity?: number;
    preserveOnInitFailure?: boolean;
    forceReinitIfPreviouslyFailed?: boolean;
  }): Promise<SqliteWasmPool>;
}

/** Those before it delete what they can of a folder whose files another tab, or a page that reloads, still has open. */
const oldestVersion = 3_054_000;
/** Each file of a store has another beside it while it is open. */
const freeFiles = 16;
const waitMilliseconds = 3000;
const stepMilliseconds = 100;

/**
 * SQLite in a browser, in files of the origin private file system: for a dedicated worker. The files belong to the
 * worker until it ends.
 * By SQLite's own build, which has FTS5 and answers at once, as stores read: the API of wa-sqlite waits. And by
 * `opfs-sahpool`, which needs no headers.
 *
 * @throws BitryoshkaError `write-failed` where another tab or worker has the files open, `not-supported` where there
 *   is no such file system or an older SQLite
 */
export async function sqliteWasm(
  sqlite3: SqliteWasm,
  { name, directory }: SqliteWasmOptions = {},
): Promise<SqliteDriver> {
  if (!(sqlite3?.version?.libVersionNumber >= oldestVersion)) {
    throw notSupported(
      `got ${JSON.stringify(sqlite3?.version?.libVersionNumber)} as the version of SQLite, expected ${oldestVersion} or later`,
      'Pass what sqlite3InitModule() of @sqlite.org/sqlite-wasm 3.54 or later gives.',
    );
  }
  const options = {
    ...(name !== undefined && { name }),
    ...(directory !== undefined && { directory }),
  };
  const pool = await install(sqlite3, options);
  const free = pool.getCapacity() - pool.getFileCount();
  if (free < freeFiles) await pool.addCapacity(freeFiles - free);
  return wasmDriver(pool.OpfsSAHPoolDb);
}

/** After a reload, the worker of before may have the files a while longer. */
async function install(
  sqlite3: SqliteWasm,
  options: { readonly name?: string; readonly directory?: string },
): Promise<SqliteWasmPool> {
  for (let waited = 0; ; waited += stepMilliseconds) {
    try {
      if (!sqlite3.installOpfsSAHPoolVfs) throw new Error('no origin private file system');
      return await sqlite3.installOpfsSAHPoolVfs({
        ...options,
        verbosity: 0,
        preserveOnInitFailure: true,
        forceReinitIfPreviouslyFailed: true,
      });
    } catch (cause) {
      const { name, message } = cause as Error;
      if (name !== 'NoModificationAllowedError') {
        throw notSupported(
          `got ${message}`,
          'Call it in a dedicated worker of a page from https or localhost; a private window may have no such files.',
          cause,
        );
      }
      if (waited >= waitMilliseconds) {
        throw new BitryoshkaError({
          code: 'write-failed',
          message: 'sqliteWasm: got files that another tab or worker has open.',
          remedy: 'Close that tab.',
          cause,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, stepMilliseconds));
    }
  }
}

function notSupported(message: string, remedy: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `sqliteWasm: ${message}.`,
    remedy,
    cause,
  });
}
