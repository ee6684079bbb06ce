import { expect, test } from 'vitest';
import { encodeFile } from '../format/file.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { loadAdapter, saveAdapter } from './adapter-file.ts';

const map = {
  weights: { rows: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 0.25) },
  bias: Float32Array.of(0.5, -1),
  inputDimensions: 3,
};

test('an adapter is what it was', () => {
  expect(loadAdapter(saveAdapter(map))).toEqual(map);
  expect(saveAdapter(loadAdapter(saveAdapter(map)))).toEqual(saveAdapter(map));
  const vectors = { rows: 1, columns: 3, data: Float32Array.of(1, -2, 0.5) };
  expect(applyAffineMap(loadAdapter(saveAdapter(map)), vectors)).toEqual(
    applyAffineMap(map, vectors),
  );
});

test('half precision halves the file', () => {
  expect(loadAdapter(saveAdapter(map, { half: true }))).toEqual(map);
  expect(saveAdapter(map, { half: true }).length).toBeLessThan(saveAdapter(map).length);
});

test('a map without weights is refused', () => {
  const { weights: _, ...truncation } = map;
  expect(() => saveAdapter(truncation)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});

test.each([
  ['another kind', encodeFile({ kind: 'quantizer', fields: {}, tensors: {} }), 'invalid-file'],
  ['no tensors', encodeFile({ kind: 'adapter', fields: {}, tensors: {} }), 'invalid-file'],
  [
    'a bias of another length',
    encodeFile({
      kind: 'adapter',
      fields: {},
      tensors: {
        weights: { shape: [1, 2], data: Float32Array.of(1, 2) },
        bias: { shape: [2], data: Float32Array.of(1, 2) },
      },
    }),
    'invalid-file',
  ],
  [
    'values that are no numbers',
    encodeFile({
      kind: 'adapter',
      fields: {},
      tensors: {
        weights: { shape: [1, 1], data: Float32Array.of(Number.NaN) },
        bias: { shape: [1], data: Float32Array.of(1) },
      },
    }),
    'not-finite',
  ],
  ['an early end', saveAdapter(map).subarray(0, 100), 'truncated-file'],
])('a file of %s is refused', (_, file, code) => {
  expect(() => loadAdapter(file)).toThrow(expect.objectContaining({ code }));
});
