import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { VectorFormatName } from '../kernels/scan/vector-layout.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import { binaryIndexSuite } from '../search/binary-index.suite.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { storedVectorsSuite } from '../search/vectors/stored-vectors.suite.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { fileVectors } from './file-vectors.ts';

const directory = mkdtempSync(join(tmpdir(), 'bitryoshka-file-vectors-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('float32', () => storedVectorsSuite(fileVectors({ directory }), { tolerance: 0 }));
describe('int8', () =>
  storedVectorsSuite(fileVectors({ directory, format: 'int8' }), {
    tolerance: 0.5001 / 127,
    places: 4,
  }));
describe('int4', () =>
  storedVectorsSuite(fileVectors({ directory, format: 'int4' }), { tolerance: 0.2, places: 4 }));

describe('an index with its vectors in files', async () => {
  const random = seededRandom(1);
  const sample = Array.from({ length: 200 }, () =>
    Array.from({ length: 24 }, () => gaussian(random)),
  );
  const quantizer = await fitQuantizer(sample, { kind: 'sign', bits: 24 });
  const create = (format: VectorFormatName = 'float32') =>
    new BinaryIndex({ quantizer, storage: fileVectors({ directory, format }) });

  binaryIndexSuite(async (format) => create(format), { candidates: 1e6, rerank: 1e6 });
});

it('leaves no files behind, and says where it cannot write', () => {
  const stored = fileVectors({ directory })(3);
  expect(stored.rows).toBe(0);
  expect(existsSync(directory)).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
  expect(() => fileVectors({ directory: join(directory, 'missing') })(3)).toThrow(
    expect.objectContaining({ code: 'write-failed' }),
  );
  expect(() => fileVectors({ directory, format: 'float8' as never })(3)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
