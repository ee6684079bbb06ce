import { expect, test } from 'vitest';
import { sumRows, unpackLevels } from './token-table.ts';

test('two values lie in each byte, those of the second half above', () => {
  const packed = Uint8Array.of(0x0f, 0xf0, 0x78, 0x87);
  expect(Array.from(unpackLevels(packed, 2, 4, 7.5))).toEqual([15, -15, -15, 15, 1, -1, -1, 1]);
});

const table = {
  rows: 3,
  columns: 2,
  levels: Int8Array.of(1, -1, 15, 3, -5, 7),
  scales: Float32Array.of(2, 1, 4),
  factors: Float32Array.of(1, 10),
};

test('rows are added, weighted by how often they occur', () => {
  const { data, rows, columns } = sumRows(table, [[1, 2], [1, 1, 1, 1], [2]], 0.5);
  expect([rows, columns]).toEqual([3, 2]);
  expect(Array.from(data)).toEqual([7.5 - 10, 155, 15, 30, -10, 140]);
});

test('a text without rows is row 0', () => {
  expect(Array.from(sumRows(table, [[], [1]], 1).data)).toEqual([1, -10, 7.5, 15]);
});
