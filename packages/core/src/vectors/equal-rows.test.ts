import { expect, it } from 'vitest';
import { equalRows } from './equal-rows.ts';
import { toMatrix } from './matrix.ts';

it('names the first of equal rows', () => {
  const matrix = toMatrix([
    [1, 2],
    [2, 1],
    [1, 2],
    [1, 2.5],
    [2, 1],
  ]);
  expect([...equalRows(matrix)]).toEqual([0, 1, 0, 3, 1]);
  expect(equalRows({ rows: 0, columns: 2, data: new Float32Array(0) })).toHaveLength(0);
});
