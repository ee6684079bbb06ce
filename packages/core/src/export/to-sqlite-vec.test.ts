import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../../bench/peers/open-sqlite.mjs';
import { hasSqlite, openSqlite } from '../../../../bench/peers/open-sqlite.mjs';
import { packSigns } from '../codes/codes.ts';
import { row } from '../vectors/matrix.ts';
import { distancesFrom, sampleCodes, sampleLengths, sampleVectors } from './sample-codes.suite.ts';
import { toSqliteVec } from './to-sqlite-vec.ts';

let database: Database;
beforeAll(async () => {
  if (hasSqlite) database = await openSqlite();
});
afterAll(() => database?.close());

describe.skipIf(!hasSqlite).each(sampleLengths)('%i bits in sqlite-vec (needs it)', (bits) => {
  const codes = sampleCodes(20, bits);

  it('are as far from each other as they are here', () => {
    const dimensions = Math.ceil(bits / 8) * 8;
    database.exec(`create virtual table codes_${bits} using vec0(code bit[${dimensions}])`);
    const blobs = toSqliteVec(codes);
    const add = database.prepare(`insert into codes_${bits}(rowid, code) values (?, vec_bit(?))`);
    for (const [i, blob] of blobs.entries()) add.run(BigInt(i), blob);
    const found = database
      .prepare(`select rowid, distance from codes_${bits} where code match vec_bit(?) and k = 20`)
      .all(blobs[3]) as { rowid: number; distance: number }[];
    const inOrder = found.sort((a, b) => a.rowid - b.rowid);
    expect(inOrder.map(({ distance }) => distance)).toEqual(distancesFrom(codes, 3));
  });
});

it.skipIf(!hasSqlite)('has the bits in the order of vec_quantize_binary (needs sqlite-vec)', () => {
  const vectors = sampleVectors(5, 24);
  const quantize = database.prepare('select vec_quantize_binary(?) as code');
  const theirs = Array.from({ length: 5 }, (_, i) => {
    const { code } = quantize.get(Buffer.from(row(vectors, i).slice().buffer)) as { code: Buffer };
    return [...code];
  });
  expect(toSqliteVec(packSigns(vectors)).map((blob) => [...blob])).toEqual(theirs);
});
