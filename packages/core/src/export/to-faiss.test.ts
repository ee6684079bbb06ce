import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zeroCodes } from '../codes/codes.ts';
import { distancesFrom, sampleCodes } from './sample-codes.suite.ts';
import { toFaiss } from './to-faiss.ts';

interface Fixture {
  readonly threeCodesOf16Bits: string;
  readonly samples: readonly { bits: number; sha256: string; distances: number[] }[];
}

/** What faiss-cpu wrote and found: `serialize_index_binary`, and `search` with the fourth code. */
const { threeCodesOf16Bits, samples } = JSON.parse(
  readFileSync(new URL('faiss.fixture.json', import.meta.url), 'utf8'),
) as Fixture;

describe.each(samples)('$bits bits', ({ bits, sha256, distances }) => {
  const codes = sampleCodes(20, bits);

  it('are the file that faiss writes', () => {
    expect(createHash('sha256').update(toFaiss(codes)).digest('hex')).toBe(sha256);
  });

  it('are as far from each other there', () => {
    expect(distancesFrom(codes, 3)).toEqual(distances);
  });
});

it('has its bytes in the order of the codes', () => {
  const codes = zeroCodes(3, 16);
  for (const [i, pair] of [
    [1, 2],
    [254, 128],
    [0, 255],
  ].entries()) {
    codes.data.set(pair, i * codes.bytesPerCode);
  }
  expect(Buffer.from(toFaiss(codes)).toString('hex')).toBe(threeCodesOf16Bits);
});

it('writes an index without codes', () => {
  expect(toFaiss(zeroCodes(0, 8))).toHaveLength(33);
});
