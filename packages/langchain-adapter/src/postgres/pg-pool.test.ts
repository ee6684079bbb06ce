import pg from 'pg';
import { expect, it } from 'vitest';
import type { PgPool } from './pg-pool.ts';
import { inTransaction, openPool, withClient } from './pg-pool.ts';

/** Nobody listens there. */
const connection = 'postgres://nobody:secret@127.0.0.1:1/nothing';

it('takes a pool of pg as it is', async () => {
  const pool: PgPool = new pg.Pool();
  expect(await openPool({ pool })).toEqual({ pool, isOwn: false });
});

it('asks for one source', async () => {
  const neither = {} as unknown as { connection: string };
  await expect(openPool(neither)).rejects.toMatchObject({ code: 'invalid-option' });
  const noPool = { query: () => {} } as unknown as PgPool;
  await expect(openPool({ pool: noPool })).rejects.toThrow('pglitePool');
});

it('says where no server answers, and not the password', async () => {
  const { pool, isOwn } = await openPool({ connection });
  expect(isOwn).toBe(true);
  for (const ask of [withClient, inTransaction]) {
    const error: unknown = await ask(pool, async () => 1, { doing: 'find' }).catch((e) => e);
    expect(error).toMatchObject({
      code: 'database-failed',
      message: expect.stringMatching(/^find: got an error of the database: .*ECONNREFUSED/),
      cause: { code: 'ECONNREFUSED' },
    });
    expect(String(error)).not.toContain('secret');
  }
  await pool.end?.();
});
