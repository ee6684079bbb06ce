import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../durable/bundled-program.suite.ts';
import { sqlStateOf } from './pg-errors.ts';
import type { PgPool, PgQueryable } from './pg-pool.ts';
import { inTransaction, openPool, withClient } from './pg-pool.ts';
import type { OpenDatabase } from './servers.suite.ts';
import { describeDatabases, postgres } from './servers.suite.ts';

/** Nobody listens there. */
const nowhere = 'postgres://nobody:secret@127.0.0.1:1/nothing';

const thrownBy = (task: Promise<unknown>): Promise<unknown> =>
  task.then(
    () => undefined,
    (e) => e,
  );

describe('where a database is', () => {
  it('may be a pool of pg as it is', async () => {
    const pool: PgPool = new pg.Pool();
    expect(await openPool({ pool })).toEqual({ pool, isOwn: false });
  });

  it('is said once', async () => {
    const neither = {} as unknown as { connection: string };
    await expect(openPool(neither)).rejects.toMatchObject({ code: 'invalid-option' });
    const both = { pool: new pg.Pool(), connection: nowhere } as unknown as { pool: PgPool };
    await expect(openPool(both)).rejects.toMatchObject({ code: 'invalid-option' });
    const noPool = { query: () => {} } as unknown as PgPool;
    await expect(openPool({ pool: noPool })).rejects.toThrow('pglitePool');
  });

  it('is in the error where no server answers, and no password', async () => {
    const { pool, isOwn } = await openPool({ connection: nowhere });
    expect(isOwn).toBe(true);
    for (const ask of [withClient, inTransaction]) {
      const error = await thrownBy(ask(pool, async () => 1, { doing: 'find' }));
      expect(error).toMatchObject({
        code: 'database-failed',
        message: expect.stringMatching(/^find: got an error of the database: .*ECONNREFUSED/),
        cause: { code: 'ECONNREFUSED' },
      });
      expect(String(error)).not.toContain('secret');
    }
    await pool.end?.();
  });

  it('needs pg only to connect', async () => {
    // Away from packages: there is no pg.
    const folder = mkdtempSync(join(tmpdir(), 'no-pg-'));
    const program = join(folder, 'program.mjs');
    const source = `
      import { pglitePool } from '../postgres/index.ts';
      import { openPool } from '../postgres/database/pg-pool.ts';
      const pool = pglitePool({});
      const { isOwn } = await openPool({ pool });
      const error = await openPool({ connection: 'postgres://' }).catch((e) => e);
      console.log(JSON.stringify({ isOwn, code: error.code, message: error.message }));`;
    await bundleProgram(source, program, { external: ['pg'] });
    const said = execFileSync(process.execPath, [program], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(JSON.parse(said)).toEqual({
      isOwn: false,
      code: 'not-supported',
      message: expect.stringContaining('npm install pg'),
    });
  });
});

describeDatabases(({ open }) => {
  let database: OpenDatabase;
  let pool: PgPool;
  beforeAll(async () => {
    database = await open();
    ({ pool } = database);
    await pool.query('create table kept (n int unique)');
  });
  afterAll(() => database.stop());
  beforeEach(async () => {
    await pool.query('delete from kept');
  });
  const kept = async (): Promise<number[]> => {
    const { rows } = await pool.query<{ n: number }>('select n from kept order by n');
    return rows.map(({ n }) => n);
  };
  const keep = (client: PgQueryable, n: number) =>
    client.query('insert into kept values ($1)', [n]);

  it('keeps all of a transaction', async () => {
    const { signal } = new AbortController();
    const result = await inTransaction(
      pool,
      async (client) => {
        await keep(client, 1);
        await keep(client, 2);
        return 'done';
      },
      { signal },
    );
    expect(result).toBe('done');
    expect(await kept()).toEqual([1, 2]);
  });

  it('keeps nothing of one that fails, and passes on what is not of the database', async () => {
    const reason = new TypeError('of the caller');
    const failing = inTransaction(pool, async (client) => {
      await keep(client, 1);
      throw reason;
    });
    expect(await thrownBy(failing)).toBe(reason);
    expect(await thrownBy(withClient(pool, () => Promise.reject(reason)))).toBe(reason);
    expect(await kept()).toEqual([]);
  });

  it('says what the server said, without what it was given', async () => {
    const asked = withClient(
      pool,
      (client) => client.query('select $1::int', ['my "secret" age']),
      {
        doing: 'search',
      },
    );
    const error = await thrownBy(asked);
    expect(error).toMatchObject({
      code: 'database-failed',
      message: expect.stringMatching(/^search: .* SQLSTATE 22P02, invalid input .*: "…"\. /),
      cause: { code: '22P02' },
    });
    expect(String(error)).not.toContain('secret');
    expect(Object.values((error as Error).cause as object).flat()).not.toContain('my "secret" age');
  });

  it('tells by the SQLSTATE why a row was refused', async () => {
    const twice = inTransaction(pool, async (client) => {
      await keep(client, 1);
      await keep(client, 1);
    });
    expect(sqlStateOf(await thrownBy(twice))).toBe('23505');
    expect(await kept()).toEqual([]);
  });

  it('does not take for done what had a failed statement', async () => {
    const careless = inTransaction(pool, async (client) => {
      await keep(client, 1);
      await keep(client, 1).catch(() => {});
    });
    await expect(careless).rejects.toMatchObject({ code: 'database-failed' });
    expect(await kept()).toEqual([]);
  });

  it.each([
    [5, true],
    [6, false],
  ])('begins anew where the server asks for it: %i times, %s', async (times, isDone) => {
    let attempts = 0;
    const asked = inTransaction(pool, async (client) => {
      await keep(client, 1);
      if (attempts++ < times) {
        await client.query(`do $$ begin raise sqlstate '40001'; end $$`);
      }
    });
    const error = await thrownBy(asked);
    expect(attempts).toBe(6);
    expect(sqlStateOf(error)).toBe(isDone ? undefined : '40001');
    expect(await kept()).toEqual(isDone ? [1] : []);
  });

  it('rolls back what was aborted', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const aborted = inTransaction(
      pool,
      async (client) => {
        await keep(client, 1);
        controller.abort(reason);
      },
      { signal: controller.signal },
    );
    expect(await thrownBy(aborted)).toBe(reason);
    const never = inTransaction(pool, (client) => keep(client, 2), { signal: controller.signal });
    expect(await thrownBy(never)).toBe(reason);
    expect(await kept()).toEqual([]);
  });
});

describe.skipIf(!postgres.isHere)(`connections to ${postgres.name}`, () => {
  let database: OpenDatabase;
  let pool: pg.Pool;
  let connectionString: string;
  beforeAll(async () => {
    database = await postgres.open();
    pool = database.pool as pg.Pool;
    connectionString = database.connectionString as string;
    await pool.query('create table counts (id int primary key, n int)');
  });
  beforeEach(async () => {
    await pool.query('delete from counts');
    await pool.query('insert into counts values (1, 0), (2, 0)');
  });
  afterAll(() => database.stop());

  const add = (client: PgQueryable, id: number) =>
    client.query('update counts set n = n + 1 where id = $1', [id]);
  const counts = async (): Promise<number[]> => {
    const { rows } = await pool.query<{ n: number }>('select n from counts order by id');
    return rows.map(({ n }) => n);
  };
  const ownPid = async (client: PgQueryable): Promise<unknown> =>
    (await client.query('select pg_backend_pid() pid')).rows[0].pid;

  it('end in no deadlock', async () => {
    let attempts = 0;
    let changed = 0;
    let meet = (): void => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const addInOrder = (order: readonly number[]) =>
      inTransaction(pool, async (client) => {
        attempts++;
        await client.query(`set local deadlock_timeout = '20ms'`);
        await add(client, order[0]);
        // Each has a row that the other waits for.
        if (++changed === 2) meet();
        await both;
        await add(client, order[1]);
      });
    await Promise.all([addInOrder([1, 2]), addInOrder([2, 1])]);
    expect(attempts).toBeGreaterThan(2);
    expect(await counts()).toEqual([2, 2]);
  });

  it('that break are not used again', async () => {
    for (const ask of [withClient, inTransaction]) {
      const own = new pg.Pool({ connectionString });
      const broken = ask(own, async (client) => {
        await add(client, 1);
        await pool.query('select pg_terminate_backend($1, 5000)', [await ownPid(client)]);
        // Between statements: what nobody hears would end this process.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await add(client, 2);
      });
      await expect(broken).rejects.toMatchObject({ code: 'database-failed' });
      expect(own.totalCount).toBe(0);
      await expect(ask(own, (client) => add(client, 2))).resolves.toMatchObject({ rowCount: 1 });
      await own.end();
    }
    // What no transaction was around stays.
    expect(await counts()).toEqual([1, 2]);
  });

  it('may break while nobody uses them', async () => {
    const { pool: own } = await openPool({ connection: connectionString });
    const pid = await ownPid(own);
    await pool.query('select pg_terminate_backend($1, 5000)', [pid]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ownPid(own)).not.toBe(pid);
    await own.end?.();
  });

  it('that break at the end leave open what became of the change', async () => {
    await pool.query(`
      create function die() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger dies after update on counts deferrable initially deferred
        for each row execute function die()`);
    const error = await thrownBy(inTransaction(pool, (client) => add(client, 1)));
    await pool.query('drop function die() cascade');
    expect(error).toMatchObject({
      code: 'database-failed',
      message: expect.stringContaining('no answer to COMMIT'),
    });
  });

  it('do not go on with what was aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const own = new pg.Pool({ connectionString });
    const sleeping = inTransaction(
      own,
      async (client) => {
        await add(client, 1);
        setTimeout(() => controller.abort(reason), 50);
        await client.query('select pg_sleep(3600)');
      },
      { signal: controller.signal },
    );
    expect(await thrownBy(sleeping)).toBe(reason);
    expect(await counts()).toEqual([0, 0]);
    await own.end();
    const { rows } = await pool.query(
      `select from pg_stat_activity where query like '%pg_sleep(36%' and state = 'active' and pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([]);
  });

  it('have the time that they are given', async () => {
    const { pool: own } = await openPool(
      { connection: { connectionString } },
      { statementTimeoutMs: 20 },
    );
    const sleeping = withClient(own, (client) => client.query('select pg_sleep(3600)'));
    expect(sqlStateOf(await thrownBy(sleeping))).toBe('57014');
    await own.end?.();
  });
});
