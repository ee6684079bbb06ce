import { expect, it } from 'vitest';
import { bitAt } from '../codes/codes.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { row } from '../vectors/matrix.ts';
import { firstPart } from './first-part.ts';
import { distancesFrom, sampleCodes, sampleVectors } from './sample-codes.suite.ts';
import { toFaiss } from './to-faiss.ts';
import { toMilvus } from './to-milvus.ts';
import { toPgvector } from './to-pgvector.ts';
import { toSqliteVec } from './to-sqlite-vec.ts';
import { toVespa } from './to-vespa.ts';

const converters = [toFaiss, toMilvus, toPgvector, toSqliteVec, toVespa];
const vectors = sampleVectors(300, 48);
const quantizer = await fitQuantizer(vectors, {
  kind: 'residual',
  bits: 104,
  residual: { firstBits: 40 },
});
const codes = quantizer.encode(vectors, 'document');

it.each(converters)('%o refuses bytes that name vectors, also from an index', (convert) => {
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  for (const each of [codes, index.codes(), index.codesOf([3])]) {
    expect(() => convert(each)).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringMatching(/got 40 bits with 8 bytes .* firstPart/),
      }),
    );
  }
});

it.each(converters)('%o takes the first part', (convert) => {
  expect(convert(firstPart(codes)).length).toBeGreaterThan(0);
});

it('is a code of its own, as far from others as leading bits differ', () => {
  const part = firstPart(codes);
  expect([part.rows, part.bits, part.bytesPerCode]).toEqual([300, 40, 8]);
  expect(toPgvector(part)[7]).toBe(
    Array.from({ length: 40 }, (_, j) => bitAt(codes, 7, j)).join(''),
  );
  expect(distancesFrom(part, 3)).toEqual(distancesFrom({ ...codes, bits: 40 }, 3));
  // What a query's code is compared with.
  const asked = firstPart(quantizer.encode([row(vectors, 7)], 'query'));
  expect(asked.bits).toBe(40);
});

it('is all of codes without a second one', () => {
  const plain = sampleCodes(3, 24);
  expect(firstPart(plain)).toBe(plain);
});
