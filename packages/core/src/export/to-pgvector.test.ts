import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packSigns } from '../codes/codes.ts';
import { row } from '../vectors/matrix.ts';
import { distancesFrom, sampleCodes, sampleLengths, sampleVectors } from './sample-codes.suite.ts';
import { toPgvector } from './to-pgvector.ts';

let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create({ extensions: { vector } });
  await database.exec('create extension vector');
});
afterAll(() => database.close());

describe.each(sampleLengths)('%i bits in pgvector', (bits) => {
  const codes = sampleCodes(20, bits);

  it('are as far from each other as they are here', async () => {
    await database.exec(`create table codes_${bits} (id int, code bit(${bits}))`);
    const literals = toPgvector(codes);
    for (const [i, literal] of literals.entries()) {
      await database.query(`insert into codes_${bits} values ($1, $2)`, [i, literal]);
    }
    const { rows } = await database.query<{ distance: number }>(
      `select code <~> $1 as distance from codes_${bits} order by id`,
      [literals[3]],
    );
    expect(rows.map(({ distance }) => distance)).toEqual(distancesFrom(codes, 3));
  });
});

it('has the bits in the order of binary_quantize', async () => {
  const vectors = sampleVectors(5, 21);
  const theirs: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { rows } = await database.query<{ code: string }>(
      'select binary_quantize($1::vector)::text as code',
      [JSON.stringify([...row(vectors, i)])],
    );
    theirs.push(rows[0].code);
  }
  expect(toPgvector(packSigns(vectors))).toEqual(theirs);
});
