import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitryoshkaError, fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../durable/bundled-program.suite.ts';
import { WordEmbeddings } from '../testing/index.ts';
import { checkCollection } from './collection/collection-problems.suite.ts';
import { faulty } from './database/faulty-pool.suite.ts';
import { describeDatabases, describeServers } from './database/servers.suite.ts';
import type { TestServer } from './database/start-server.suite.ts';
import { runManyClients } from './many-clients.suite.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const embeddings = new WordEmbeddings();
const embed = (texts: string[]) => embeddings.embedDocuments(texts);
const documents = Array.from({ length: 60 }, (_, i) => ({
  id: String(i),
  pageContent: `text ${i} of group${i % 7}`,
  metadata: { number: i },
}));
/** A claim outlives who has made it; tests do not wait for its end. */
async function endClaims(connectionString: string): Promise<void> {
  const client = new pg.Client(connectionString);
  await client.connect();
  await client.query(`UPDATE bitryoshka.collections SET held_until = now() - interval '1 second'`);
  await client.end();
}
const random = seededRandom(1);
const { dimensions } = embeddings;
const data = Float32Array.from({ length: 100 * dimensions }, () => random() - 0.5);
const quantizer = await fitQuantizer(
  { rows: 100, columns: dimensions, data },
  { kind: 'itq', bits: 24 },
);

async function answersOf(store: PgBinaryVectorStore) {
  const answers = [];
  for (const query of ['text 7', 'group3', 'of 52']) {
    answers.push(await store.similaritySearchWithScore(query, 5, { number: { $gte: 5 } }));
  }
  return answers;
}

describeServers('a server that is killed', (start) => {
  it('has all that was acknowledged, and half of nothing, when it is back', async () => {
    const server = await start();
    const { connectionString } = server;
    const codes = new Set<unknown>();
    let begin = (): void => {};
    const killed = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(async () => {
      for (const ms of [500, 900, 200, 1300]) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        await server.stop({ mode: 'kill' });
        await server.start();
        await endClaims(connectionString);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    });
    const running = runManyClients({
      connectionString,
      seconds: 1,
      writers: 3,
      readers: 1,
      pauseMs: 200,
      onBegin: begin,
      until: killed,
      isExpected: (error) => {
        const code = BitryoshkaError.isInstance(error) ? error.code : error;
        codes.add(code);
        // Its claim has outlived the server.
        return code === 'database-failed' || code === 'write-conflict';
      },
    });
    const [report] = await Promise.all([running, killed]);
    expect(report).toMatchObject({ errors: [], problems: [] });
    expect(codes).toContain('database-failed');
    expect(report.operations).toMatchObject({
      'look at all': 1,
      upsert: expect.any(Number),
      refit: expect.any(Number),
    });
  });
});

describeServers('a client that is killed while it fits', (start) => {
  /** Fits, and dies: at a stage of the work, or with a statement. */
  const source = `
    import pg from 'pg';
    import { WordEmbeddings } from '../testing/index.ts';
    import { faulty } from '../postgres/database/faulty-pool.suite.ts';
    import { PgBinaryVectorStore } from '../postgres/pg-vector-store.ts';
    const [, , connectionString, stage, share, ...statements] = process.argv;
    const die = () => process.kill(process.pid, 'SIGKILL');
    const pool = faulty(new pg.Pool({ connectionString }), {
      after: (text) => {
        if (!statements[0] || !text.includes(statements[0])) return;
        statements.shift();
        if (statements.length === 0) die();
      },
    });
    const store = await PgBinaryVectorStore.open(new WordEmbeddings(), { pool });
    await store.refit({
      quantizer: { kind: 'itq', bits: 16 },
      onProgress: ({ stage: at, done, total }) => at === stage && done >= share * total && die(),
    });
    console.log('alive');
    process.exit();`;
  let server: TestServer;
  let pool: pg.Pool;
  let store: PgBinaryVectorStore;
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  const program = join(folder, 'program.mjs');
  beforeAll(async () => {
    server = await start();
    await bundleProgram(source, program, { external: ['pg-native'] });
    pool = new pg.Pool({ connectionString: server.connectionString });
    store = await PgBinaryVectorStore.open(embeddings, { pool, storage: 'vector' });
    await store.addDocuments(documents);
    await store.refit({ quantizer });
    await store.index({ kind: 'hnsw' });
  });
  afterAll(async () => {
    await pool.end();
    rmSync(folder, { recursive: true });
  });

  const killed = (...how: string[]) => {
    const { signal, stdout } = spawnSync(
      process.execPath,
      [program, server.connectionString, ...how],
      {
        encoding: 'utf8',
      },
    );
    expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: '' });
  };

  it.each([
    ['sampling', 'sample', '0'],
    ['fitting', 'fit', '0'],
    ['making the table', '', '', 'CREATE TABLE'],
    ['encoding', 'encode', '0.5'],
    ['indexing', '', '', 'CREATE INDEX'],
    ['measuring', 'recall', '0.9'],
    ['switching', '', '', 'SET active'],
  ])('leaves what serves: %s', async (_, ...how) => {
    const before = await answersOf(store);
    killed(...how);
    expect(await answersOf(store)).toEqual(before);
    const other = await PgBinaryVectorStore.open(embeddings, { pool });
    expect(await answersOf(other)).toEqual(before);
    // Others go on to write, to what it has left as well.
    await other.addDocuments(documents.slice(0, 10));
    await other.delete({ ids: ['59'] });
    expect((await checkCollection(pool, { embed })).problems).toEqual([]);
    await expect(other.refit({ quantizer })).rejects.toMatchObject({ code: 'write-conflict' });
    await endClaims(server.connectionString);
    expect(await other.refit({ quantizer })).toMatchObject({ isReplaced: true });
    expect(await checkCollection(pool, { embed })).toEqual({ problems: [], isBuilding: false });
    await other.addDocuments(documents.slice(59));
  });

  it('leaves what it has put in service', async () => {
    killed('', '', 'SET active', 'COMMIT');
    expect(await checkCollection(pool, { embed })).toEqual({ problems: [], isBuilding: false });
    expect((await answersOf(store)).map((found) => found.length)).toEqual([5, 5, 5]);
    await endClaims(server.connectionString);
    expect(await store.refit({ quantizer })).toMatchObject({ isReplaced: true });
  });
});

describeDatabases(({ open }) => {
  describe('a refit', () => {
    it('leaves codes alone that serve, although the answer to the switch was lost', async () => {
      const { pool, stop } = await open();
      const statements = ['SET active', 'COMMIT'];
      const losing = faulty(pool, {
        after: (text) => {
          if (!statements[0] || !text.includes(statements[0])) return;
          statements.shift();
          if (statements.length === 0) throw new Error('Connection terminated unexpectedly');
        },
      });
      const store = await PgBinaryVectorStore.open(embeddings, { pool: losing, storage: 'vector' });
      await store.addDocuments(documents.slice(0, 40));
      await expect(store.refit({ quantizer })).rejects.toThrow('got no answer to COMMIT');
      expect(await checkCollection(pool, { embed })).toEqual({ problems: [], isBuilding: false });
      await store.addDocuments(documents.slice(40));
      expect(await checkCollection(pool, { embed })).toEqual({ problems: [], isBuilding: false });
      await stop();
    });
  });
});
