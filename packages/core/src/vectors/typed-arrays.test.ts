import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { loadQuantizer } from '../quantizers/load.ts';
import { toMatrix } from './matrix.ts';
import { isFloat32Array, isUint8Array } from './typed-arrays.ts';

const realm = { foreign: undefined as unknown };

function fromElsewhere(expression: string): unknown {
  return runInNewContext(`foreign = ${expression}`, realm);
}

test('typed arrays of another realm are what they are', () => {
  expect(isFloat32Array(fromElsewhere('new Float32Array(3)'))).toBe(true);
  expect(isFloat32Array(new Float32Array(3))).toBe(true);
  expect(isFloat32Array(fromElsewhere('new Float64Array(3)'))).toBe(false);
  expect(isUint8Array(fromElsewhere('new Uint8Array(3)'))).toBe(true);
  expect(isUint8Array(Buffer.alloc(1))).toBe(true);
  expect(isUint8Array(new Uint8ClampedArray(1))).toBe(false);
  expect(isUint8Array(undefined)).toBe(false);
});

test('a matrix and a file of another realm are taken', async () => {
  const data = fromElsewhere('Float32Array.from({ length: 80 }, (_, i) => Math.sin(i * i))');
  const matrix = { rows: 20, columns: 4, data: data as Float32Array<ArrayBuffer> };
  expect(toMatrix(matrix)).toBe(matrix);
  for (const kind of ['itq', 'median', 'groups'] as const) {
    const quantizer = await fitQuantizer(matrix, { kind, bits: 2 });
    realm.foreign = Array.from(quantizer.save());
    const file = runInNewContext('Uint8Array.from(foreign)', realm) as Uint8Array;
    expect(loadQuantizer(file).encode(matrix, 'document')).toEqual(
      quantizer.encode(matrix, 'document'),
    );
  }
});
