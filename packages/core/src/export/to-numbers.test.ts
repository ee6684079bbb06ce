import { describe, expect, it } from 'vitest';
import { packSigns } from '../codes/codes.ts';
import { popcount } from '../kernels/popcount.ts';
import { distancesFrom, sampleCodes, sampleLengths } from './sample-codes.suite.ts';
import { toMilvus } from './to-milvus.ts';
import { toVespa } from './to-vespa.ts';

/** Signs of one vector. */
const codesOf = (...values: number[]) =>
  packSigns({ rows: 1, columns: values.length, data: Float32Array.from(values) });

it.each([
  ['the first bit', [1, 0, 0, 0, 0, 0, 0, 0], 1, -128],
  ['the first and the last', [2, 0, 0, 0, 0, 0, 0, 1], 129, -127],
  ['all', [1, 1, 1, 1, 1, 1, 1, 1], 255, -1],
  ['none', [-1, -1, -1, -1, -1, -1, -1, -1], 0, 0],
])('one byte, %s', (_, values, lowestFirst, highestFirst) => {
  const codes = codesOf(...values);
  // As the example of Milvus packs booleans, and as Vespa documents pack_bits.
  expect(toMilvus(codes)).toEqual([[lowestFirst]]);
  expect(toVespa(codes)).toEqual([[highestFirst]]);
});

describe.each(sampleLengths)('%i bits', (bits) => {
  const codes = sampleCodes(20, bits);
  it.each([
    ['Milvus', toMilvus],
    ['Vespa', toVespa],
  ])('are as far from each other in %s as they are here', (_, convert) => {
    const converted = convert(codes);
    const distances = converted.map((code) =>
      code.reduce((sum, byte, i) => sum + popcount((byte ^ converted[3][i]) & 255), 0),
    );
    expect(distances).toEqual(distancesFrom(codes, 3));
    expect(new Set(converted.map(({ length }) => length))).toEqual(new Set([Math.ceil(bits / 8)]));
  });
});

it('refuses codes whose parts disagree', () => {
  const codes = sampleCodes(4, 100);
  for (const damaged of [
    { ...codes, rows: 5 },
    { ...codes, bits: 200 },
    { ...codes, bits: 0 },
  ]) {
    expect(() => toMilvus(damaged)).toThrow(
      expect.objectContaining({ code: 'dimension-mismatch' }),
    );
  }
});
