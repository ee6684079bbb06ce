// Four clients that write and eight that read one PostgreSQL for minutes, while one of them fits and indexes over and
// over: no error, no lost update, every document with the code of its vector.
//
//   [BITRYOSHKA_POSTGRES=postgres://…] node bench/postgres-soak.mjs [MINUTES]   (5 by default)
//
// Without a server, one is started as the tests do it. In a database that is given, the schema "bitryoshka" must not
// be there: it is made, and dropped at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const minutes = Number(process.argv[2] ?? 5);
const sources = fileURLToPath(
  new URL('../packages/langchain-adapter/src/postgres/', import.meta.url),
);
const contents = `
  export { runManyClients } from './many-clients.suite.ts';
  export { startServer } from './database/start-server.suite.ts';`;

const folder = mkdtempSync(join(tmpdir(), 'soak-'));
try {
  const outfile = join(folder, 'clients.mjs');
  await build({
    stdin: { contents, resolveDir: sources },
    conditions: ['@bitryoshka/source'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    outfile,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    banner: {
      js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);",
    },
  });
  const { runManyClients, startServer } = await import(pathToFileURL(outfile).href);
  const server = process.env.BITRYOSHKA_POSTGRES ? undefined : await startServer();
  const connectionString = server?.connectionString ?? process.env.BITRYOSHKA_POSTGRES;
  const report = await runManyClients({ connectionString, seconds: 60 * minutes, pauseMs: 5000 });
  await server?.remove();
  console.log(JSON.stringify({ minutes, ...report }, undefined, 2));
  const { errors, problems } = report;
  if (errors.length + problems.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
