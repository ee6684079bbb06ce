import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from './pg-pool.ts';
import { pglitePool } from './pglite-pool.ts';
import { createPGlite } from './servers.suite.ts';

let db: PGlite;
beforeAll(async () => {
  db = await createPGlite();
  await db.exec('create table kept (n bigint)');
});
afterAll(() => db.close());

it('gives results as pg does', async () => {
  const pool = pglitePool(db);
  const { rows, rowCount } = await pool.query(
    'select $1::bigint n, $2::halfvec(2) v, $3::bytea b',
    [2n ** 60n, '[1,2]', Uint8Array.of(0, 255)],
  );
  expect(rows).toEqual([{ n: String(2n ** 60n), v: '[1,2]', b: Uint8Array.of(0, 255) }]);
  expect(rowCount).toBe(1);
  await pool.query('create table several (n int); insert into several values (1), (2)');
  expect((await pool.query('delete from several')).rowCount).toBe(2);
});

it('makes whoever asks wait for the client that is out', async () => {
  const [pool, other] = [pglitePool(db), pglitePool(db)];
  const client = await pool.connect();
  await client.query('begin');
  await client.query('insert into kept values (1)');
  const count = 'select count(*) n from kept';
  const seen: string[] = [];
  const waiting = [pool, other].map(async (asked) => {
    const { rows } = await asked.query<{ n: string }>(count);
    seen.push(rows[0].n);
  });
  expect((await client.query(count)).rows).toEqual([{ n: '1' }]);
  expect(seen).toEqual([]);
  // What was begun is not sealed.
  client.release();
  await Promise.all(waiting);
  expect(seen).toEqual(['0', '0']);
  await expect(client.query(count)).rejects.toThrow('released');
});

it('runs transactions one after another, and makes all of one or nothing', async () => {
  const pool = pglitePool(db);
  const adding = Array.from({ length: 6 }, (_, i) =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ n: string }>('select count(*) n from kept');
      await client.query('insert into kept values ($1)', [rows[0].n]);
      if (i % 2 === 1) await client.query('select 1 / $1::int', [0]);
    }),
  );
  const settled = await Promise.allSettled(adding);
  expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
  expect((await pool.query('select n from kept order by n')).rows).toEqual(
    ['0', '1', '2'].map((n) => ({ n })),
  );
});
