import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import pg from 'pg';
import { afterAll, describe } from 'vitest';
import type { PgPool } from './pg-pool.ts';
import { pglitePool } from './pglite-pool.ts';
import type { StartServerOptions, TestServer } from './start-server.suite.ts';
import { canStartServers, howToGetServers, startServer } from './start-server.suite.ts';

/** An empty database with the extension `vector`. */
export interface OpenDatabase {
  readonly pool: PgPool;
  /** Where it can be connected to. */
  readonly connectionString?: string;
  readonly stop: () => Promise<void>;
}

export interface TestDatabase {
  /** With what is missing, where it is. */
  readonly name: string;
  readonly isHere: boolean;
  /** Made for the caller alone. */
  readonly open: () => Promise<OpenDatabase>;
}

const given = process.env.BITRYOSHKA_POSTGRES;
const isHere = given !== undefined || canStartServers;

const pglite: TestDatabase = { name: 'PGlite', isHere: true, open: openPGlite };

/** A server that runs, the one at the URL in BITRYOSHKA_POSTGRES or one that is started for the file of tests. */
export const postgres: TestDatabase = {
  name: isHere
    ? 'PostgreSQL'
    : `PostgreSQL (skipped: ${howToGetServers}, or BITRYOSHKA_POSTGRES=postgres://…)`,
  isHere,
  open: openPostgres,
};

/** What has to do the same: PostgreSQL in this process, and a server. */
const testDatabases: readonly TestDatabase[] = [pglite, postgres];

/** Describes tests of each database, skipped by name where it is missing. */
export function describeDatabases(tests: (database: TestDatabase) => void): void {
  for (const database of testDatabases) {
    describe.skipIf(!database.isHere)(database.name, () => tests(database));
  }
}

/** Describes tests that stop and start servers of their own, skipped by name where they cannot be started. */
export function describeServers(
  name: string,
  tests: (start: (options?: StartServerOptions) => Promise<TestServer>) => void,
): void {
  const title = canStartServers ? name : `${name} (skipped: ${howToGetServers})`;
  describe.skipIf(!canStartServers)(title, () => tests(startForFile));
}

const started: Promise<TestServer>[] = [];
// Whatever became of the tests.
afterAll(async () => {
  const servers = await Promise.allSettled(started);
  await Promise.all(servers.map(async (it) => it.status === 'fulfilled' && it.value.remove()));
});

function startForFile(options?: StartServerOptions): Promise<TestServer> {
  const server = startServer(options);
  started.push(server);
  return server;
}

let shared: Promise<TestServer> | undefined;
let databases = 0;

async function openPostgres(): Promise<OpenDatabase> {
  let server = given;
  if (server === undefined) {
    shared ??= startForFile();
    server = (await shared).connectionString;
  }
  // Other files, and other runs, may use the same server.
  const name = `bitryoshka_${process.pid}_${Date.now().toString(36)}_${databases++}`;
  await runOnce(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const connectionString = url.href;
  await runOnce(connectionString, 'CREATE EXTENSION vector');
  const pool = new pg.Pool({ connectionString });
  // Some tests end its connections.
  pool.on('error', () => {});
  return {
    pool,
    connectionString,
    async stop() {
      await pool.end();
      await runOnce(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runOnce(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

export async function openPGlite(): Promise<OpenDatabase> {
  const db = await createPGlite();
  return { pool: pglitePool(db), stop: () => db.close() };
}

/** An empty database in this process, with the extension `vector`. */
export async function createPGlite(): Promise<PGlite> {
  return PGlite.create({ extensions: { vector }, loadDataDir: await emptyCluster() });
}

/** The files of a new database: made once and kept, as making them takes several times as long as loading them. */
async function emptyCluster(): Promise<Blob> {
  const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
  const manifest = readFileSync(`${modules}@electric-sql/pglite/package.json`, 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = `${modules}.cache/`;
  const file = `${folder}pglite-${version}.tar`;
  try {
    return new Blob([readFileSync(file)]);
  } catch {
    // Not kept yet.
  }
  const db = await PGlite.create({ extensions: { vector } });
  await db.exec('CREATE EXTENSION vector');
  const files = await db.dumpDataDir('none');
  await db.close();
  mkdirSync(folder, { recursive: true });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, new Uint8Array(await files.arrayBuffer()));
  renameSync(half, file);
  return files;
}
