import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { bundleProgram } from '../../durable/bundled-program.suite.ts';
import { describeDatabases, describeServers } from './servers.suite.ts';
import type { TestServer } from './start-server.suite.ts';

describeDatabases(({ open }) => {
  it('has pgvector, and nothing of other tests', async () => {
    for (const _ of [1, 2]) {
      const { pool, stop } = await open();
      await pool.query('create table mine (v halfvec(2))');
      const { rows } = await pool.query(`select '[1,2]'::halfvec <#> '[3,4]' as score, lower('É')`);
      expect(rows).toEqual([{ score: -11, lower: 'é' }]);
      await stop();
    }
  });
});

describeServers('servers', (start) => {
  it('keep what was committed when they are killed, side by side', async () => {
    const servers = await Promise.all([start(), start({ settings: { max_connections: 7 } })]);
    const [first, second] = servers.map(
      ({ connectionString }) =>
        () =>
          new pg.Client({ connectionString }),
    );
    const run = async (connect: () => pg.Client, text: string): Promise<unknown[]> => {
      const client = connect();
      client.on('error', () => {});
      await client.connect();
      const { rows } = await client.query(text);
      await client.end();
      return rows;
    };
    expect(await run(second, 'show max_connections')).toEqual([{ max_connections: '7' }]);
    await run(first, 'create table kept as select 1 n');
    const open = first();
    open.on('error', () => {});
    await open.connect();
    await open.query('begin; insert into kept values (2)');
    const busy = open.query('select pg_sleep(60)');
    await Promise.all([servers[0].stop({ mode: 'kill' }), expect(busy).rejects.toThrow()]);
    await expect(run(first, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await servers[0].start();
    expect(await run(first, 'table kept')).toEqual([{ n: 1 }]);
    await servers[0].stop();
    await servers[0].start();
    expect(await run(first, 'table kept')).toEqual([{ n: 1 }]);
    expect(await run(second, 'show max_connections')).toEqual([{ max_connections: '7' }]);
    await servers[1].remove();
    expect(existsSync(servers[1].folder)).toBe(false);
  });

  it.each(['process.kill(process.pid, "SIGKILL")', 'process.exit()', 'await server.remove()'])(
    'end with the process that started them: %s',
    async (ending) => {
      const folder = mkdtempSync(join(tmpdir(), 'server-'));
      const program = join(folder, 'program.mjs');
      const source = `
      import { startServer } from '../postgres/database/start-server.suite.ts';
      const server = await startServer();
      console.log(JSON.stringify(server));
      ${ending};`;
      await bundleProgram(source, program);
      const { stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      const server = JSON.parse(stdout) as TestServer;
      await vi.waitUntil(() => !existsSync(server.folder), { timeout: 30_000 });
      const client = new pg.Client(server.connectionString);
      await expect(client.connect()).rejects.toThrow('ECONNREFUSED');
    },
  );
});
