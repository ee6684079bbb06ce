import { crc32 as javascriptCrc32 } from '@bitryoshka/core/internal';
import type { SqliteDatabase } from './sqlite-driver.ts';
import { builtin } from './sqlite-driver.ts';
import { failure } from './sqlite-errors.ts';

/** "bitr": tells the files of stores from others of SQLite. */
export const applicationId = 0x62697472;
const formatVersion = 1;

export const vectorColumns =
  '(row INTEGER PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL)';

const schema = `
  CREATE TABLE settings (value TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE documents (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    given INTEGER NOT NULL,
    content TEXT NOT NULL,
    metadata TEXT NOT NULL,
    types TEXT,
    checksum INTEGER NOT NULL
  );
  CREATE INDEX documents_by_id ON documents (id);
  CREATE TABLE vectors ${vectorColumns};
  CREATE TABLE runs (
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    numbers BLOB,
    version INTEGER,
    codes BLOB,
    checksum INTEGER NOT NULL
  );
  CREATE TABLE parts (
    name TEXT NOT NULL,
    piece INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (name, piece)
  ) WITHOUT ROWID;
  CREATE TABLE removals (number INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL, collected INTEGER NOT NULL);
  CREATE INDEX removals_to_collect ON removals (collected, number) WHERE collected = 0;
`;

/** The statement of the words of a hybrid store, as SQLite keeps it. */
export const wordsTable = `CREATE VIRTUAL TABLE words USING fts5 (tokens, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'")`;

/** The table of the vectors of a generation. */
export function vectorTable(generation: number): string {
  return generation === 0 ? 'vectors' : `vectors_${generation}`;
}

/**
 * Refuses what is no store of this version.
 *
 * @param mayCreate whether a file that is empty is given its tables
 * @throws BitryoshkaError `invalid-file` or `unsupported-version`
 */
export function checkFormat(
  connection: SqliteDatabase,
  path: string,
  { mayCreate }: { readonly mayCreate: boolean },
): void {
  const read = (sql: string, name: string) =>
    Number((connection.prepare(sql).get() as Record<string, number>)[name]);
  const tables = read('SELECT count(*) AS count FROM sqlite_master', 'count');
  if (tables === 0 && mayCreate) {
    // Before there is anything: it is kept then which pages belong where, and free ones can be given back.
    connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
    connection.exec(
      `BEGIN IMMEDIATE; ${schema} INSERT INTO settings VALUES ('{}', ${checksumOf('{}')}); PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}; COMMIT`,
    );
    return;
  }
  if (read('PRAGMA application_id', 'application_id') !== applicationId) {
    throw failure(
      'invalid-file',
      `${path}: got a database of another program`,
      'Name a file that BinaryVectorStore.open has made, or one that is not there.',
    );
  }
  const version = read('PRAGMA user_version', 'user_version');
  if (version === formatVersion) return;
  throw failure(
    'unsupported-version',
    `${path}: got version ${version} of the format, expected ${formatVersion}`,
    'Update bitryoshka.',
  );
}

const crc32: (bytes: Uint8Array | string, before: number) => number =
  builtin<{ crc32?: (bytes: Uint8Array | string, before: number) => number }>('node:zlib')?.crc32 ??
  ((bytes, before) =>
    javascriptCrc32(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, before));

/**
 * One checksum of several values, in which none can take the place of another; NaN where damage has made something
 * else of one.
 */
export function checksumOf(...values: readonly (string | Uint8Array)[]): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) return Number.NaN;
    sum = crc32(value, crc32(`${typeof value} ${value.length};`, sum));
  }
  return sum;
}
