import { float16Values, seededRandom, toFloat16 } from '@bitryoshka/core/internal';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PgStorage } from '../database/pg-schema.ts';
import { pglitePool } from '../database/pglite-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { createPGlite, describeDatabases } from '../database/servers.suite.ts';
import { parseVector, vectorArray } from './pg-values.ts';

const random = seededRandom(1);
const matrix = (rows: number, columns: number) => ({
  rows,
  columns,
  data: Float32Array.from(
    { length: rows * columns },
    () => (random() - 0.5) * 4 ** -(8 * random()),
  ),
});

describeDatabases(({ open }) => {
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.stop());

  it.each<[PgStorage, number, number]>([
    ['halfvec', 0, 3],
    ['halfvec', 1, 1],
    ['halfvec', 40, 384],
    ['vector', 0, 3],
    ['vector', 1, 1],
    ['vector', 40, 385],
  ])('reads arrays of %s: %i by %i', async (storage, rows, columns) => {
    const { pool } = database;
    const types = await pool.query<{ oid: unknown }>(`select $1::text::regtype::oid oid`, [
      storage,
    ]);
    const vectors = matrix(rows, columns);
    const array = vectorArray(vectors, storage, Number(types.rows[0].oid));
    const read = await pool.query<{ v: string }>(
      `select v::text from unnest($1::${storage}[]) with ordinality t (v, i) order by i`,
      [array],
    );
    expect(read.rows).toHaveLength(rows);
    const expected =
      storage === 'vector'
        ? vectors.data
        : vectors.data.map((value) => float16Values()[toFloat16(value)]);
    const found = read.rows.flatMap(({ v }) => [...parseVector(v)]);
    // Half precision is written with enough digits to be told from its neighbours, and no more.
    expect(Array.from(found, toHalfIf(storage))).toEqual(Array.from(expected, toHalfIf(storage)));
  });
});

function toHalfIf(storage: PgStorage): (value: number) => number {
  return storage === 'halfvec' ? toFloat16 : Math.fround;
}

it('knows the types of an extension that PGlite has had for a moment', async () => {
  const db = await createPGlite();
  const pool = pglitePool(db);
  // Made anew, its types have others' numbers than at the start.
  for (const asked of [(text: string) => db.exec(text), (text: string) => pool.query(text)]) {
    await asked('drop extension vector');
    await asked('create extension vector');
    const { rows } = await pool.query<{ oid: unknown }>(`select 'vector'::regtype::oid oid`);
    const array = vectorArray(
      { rows: 1, columns: 2, data: Float32Array.of(1, 2) },
      'vector',
      Number(rows[0].oid),
    );
    expect((await pool.query('select $1::vector[] v', [array])).rows).toEqual([{ v: ['[1,2]'] }]);
  }
  await db.close();
});
