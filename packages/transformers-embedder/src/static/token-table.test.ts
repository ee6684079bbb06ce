import { expect, test } from 'vitest';
import { TokenTable } from './token-table.ts';

// Values of the three rows: 8 7 | 15 9 | 5 11; the first of each in the low half.
const table = new TokenTable({
  packed: Uint8Array.of(0x78, 0x9f, 0xb5),
  rows: 3,
  columns: 2,
  offset: 7.5,
  scales: Float32Array.of(2, 1, 4),
  factors: Float32Array.of(1, 10),
});

test('two values lie in each byte, that of the second half above', () => {
  const { data, rows, columns } = table.sum([[0], [1], [2]], 1);
  expect([rows, columns]).toEqual([3, 2]);
  expect(Array.from(data)).toEqual([1, -10, 7.5, 15, -10, 140]);
});

test('rows are added, weighted by how often they occur', () => {
  const { data } = table.sum([[1, 2], [1, 1, 1, 1], [2]], 0.5);
  expect(Array.from(data)).toEqual([7.5 - 10, 155, 15, 30, -10, 140]);
});

test('a text without rows is row 0', () => {
  expect(Array.from(table.sum([[], [1]], 1).data)).toEqual([1, -10, 7.5, 15]);
});
