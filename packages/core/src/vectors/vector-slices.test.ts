import { expect, it } from 'vitest';
import { row, toMatrix } from './matrix.ts';
import { gaussian, seededRandom } from './random.ts';
import { rowsOf, vectorSlices } from './vector-slices.ts';

const random = seededRandom(4);

it.each([
  [0, 3],
  [1, 1],
  [5, 70_000],
  [3000, 65],
])('gives all rows of %i x %i, a part at a time', (rows, columns) => {
  const data = Float32Array.from({ length: rows * columns }, () => gaussian(random));
  const matrix = { rows, columns, data };
  const list = Array.from({ length: rows }, (_, i) => Array.from(row(matrix, i)));
  for (const vectors of [matrix, list]) {
    expect(rowsOf(vectors)).toBe(rows);
    const slices = [...vectorSlices(vectors)];
    expect(slices.flatMap((slice) => [...slice.data])).toEqual([...data]);
    expect(slices.every((slice) => slice.rows === 1 || slice.data.length <= 1 << 16)).toBe(true);
  }
});

it('refuses what toMatrix refuses, and counts rows from the first of all', () => {
  const vectors = Array.from({ length: 3000 }, () => Array.from({ length: 65 }, () => 1));
  const wrong = vectors.with(2900, vectors[0].with(7, NaN));
  expect(() => [...vectorSlices(wrong, { name: 'queries' })]).toThrow(
    'queries[2900]: got NaN at dimension 7',
  );
  expect(() => [...vectorSlices(toMatrix(vectors), { columns: 64 })]).toThrow(/expected 64/);
  expect(() => [...vectorSlices({ ...toMatrix(vectors), rows: 2999 })]).toThrow(/2999 rows/);
});
