import { describe, expect, it } from 'vitest';
import { selectRows, toMatrix, toVector, transpose } from './matrix.ts';
import { sampleIndices, seededRandom } from './random.ts';
import { columnMeans, columnMedians } from './statistics.ts';

describe('toMatrix', () => {
  it('lays out lists and passes matrices through', () => {
    const matrix = toMatrix([[1, 2], Float32Array.of(3, 4), [5, 6]]);
    expect(matrix).toEqual({ rows: 3, columns: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(toMatrix(matrix)).toBe(matrix);
    expect(toMatrix([])).toMatchObject({ rows: 0, columns: 0 });
  });

  it.each([
    ['ragged lists', [[1, 2], [3]], 'dimension-mismatch'],
    ['NaN', [[Number.NaN]], 'not-finite'],
    ['infinity', [[1], [Infinity]], 'not-finite'],
    ['what overflows float32', [[1e39]], 'not-finite'],
    ['strings', [['1']], 'not-finite'],
    ['null', [[null]], 'not-finite'],
    ['holes', [Array(2)], 'not-finite'],
    ['no list', 'abc', 'invalid-option'],
    [
      'a matrix of another size',
      { rows: 2, columns: 2, data: new Float32Array(3) },
      'dimension-mismatch',
    ],
    ['a matrix with NaN', { rows: 1, columns: 1, data: Float32Array.of(Number.NaN) }, 'not-finite'],
  ])('refuses %s', (_what, vectors, code) => {
    expect(() => toMatrix(vectors as never)).toThrow(expect.objectContaining({ code }));
  });

  it('says where the bad value is', () => {
    expect(() =>
      toMatrix(
        [
          [1, 2],
          [3, Number.NaN],
        ],
        { name: 'documents' },
      ),
    ).toThrow('documents[1]: got NaN at dimension 1, expected a finite float32.');
    expect(() => toVector([1, 2], { columns: 3, name: 'query' })).toThrow(
      'query: got 2 dimensions, expected 3.',
    );
  });
});

it('selectRows and transpose move the values', () => {
  const matrix = toMatrix([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(selectRows(matrix, [1, 1, 0]).data).toEqual(Float32Array.of(4, 5, 6, 4, 5, 6, 1, 2, 3));
  expect(transpose(matrix)).toEqual(
    toMatrix([
      [1, 4],
      [2, 5],
      [3, 6],
    ]),
  );
});

it('columnMeans and columnMedians, of odd and even numbers of rows', () => {
  const matrix = toMatrix([
    [1, 9],
    [2, -1],
    [6, 1],
  ]);
  expect(columnMeans(matrix)).toEqual(Float32Array.of(3, 3));
  expect(columnMedians(matrix)).toEqual(Float32Array.of(2, 1));
  expect(columnMedians(toMatrix([[1], [2], [4], [8]]))).toEqual(Float32Array.of(3));
});

it('sampleIndices draws different rows, all when asked for more', () => {
  const sample = sampleIndices(100, 30, seededRandom(1));
  expect(new Set(sample).size).toBe(30);
  expect([...sample]).toEqual([...sample].sort((a, b) => a - b));
  expect([...sampleIndices(3, 10, seededRandom(1))]).toEqual([0, 1, 2]);
});

it('seededRandom gives the same numbers as ever', () => {
  const random = seededRandom(42);
  expect([random(), random()].map((value) => Math.floor(value * 2 ** 32))).toEqual([
    551831576, 144025891,
  ]);
});

it.each([
  ['a hole', Object.assign([[1, 2]], { 2: [3, 4] })],
  ['null', [[1, 2], null]],
  ['a number', [[1, 2], 3]],
  ['a text', ['12']],
])('refuses %s among vectors', (_, vectors) => {
  expect(() => toMatrix(vectors as number[][])).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});

it.each([
  { rows: 2.5, columns: 2, data: new Float32Array(5) },
  { rows: -1, columns: -2, data: new Float32Array(2) },
  { rows: Number.NaN, columns: 2, data: new Float32Array(0) },
])('refuses a matrix of $rows x $columns', (matrix) => {
  expect(() => toMatrix(matrix)).toThrow(expect.objectContaining({ code: 'dimension-mismatch' }));
});

it.each([null, undefined, 3, 'x'])('refuses %s for a vector', (vector) => {
  expect(() => toVector(vector as never)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
