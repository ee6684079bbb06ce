import { expect, it } from 'vitest';
import { atOnce } from '../../progress/steps.ts';
import { fitRidgeRegression } from '../../transforms/ridge-regression.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { bytesOf, fitCodebooks } from './additive-decoder.ts';

const random = seededRandom(8);
const signs = randomSigns(20_000, 16);

it('finds the vectors that a linear decoder cannot: those of pairs of bits', () => {
  const vectors = zeros(signs.rows, 3);
  for (let i = 0; i < signs.rows; i++) {
    const own = row(signs, i);
    vectors.data.set([own[0], own[1] * own[2], own[9] * own[10] + 2], i * 3);
  }
  const linear = atOnce(fitRidgeRegression(signs, vectors));
  const books = atOnce(fitCodebooks(signs, vectors, linear));
  expect([books.rows, books.columns]).toEqual([512, 3]);
  let error = 0;
  const bytes = bytesOf(signs);
  for (let i = 0; i < signs.rows; i++) {
    for (let j = 0; j < 3; j++) {
      const restored = row(books, bytes[2 * i])[j] + row(books, 256 + bytes[2 * i + 1])[j];
      error += (vectors.data[i * 3 + j] - restored) ** 2 / signs.rows;
    }
  }
  // Single bits explain nothing of two dimensions: 2 a vector.
  expect(error).toBeLessThan(0.8);
});

it('is the linear decoder where no vector has a byte', () => {
  const few = { ...signs, rows: 1, data: signs.data.slice(0, 16) };
  const linear = { weights: randomMatrix(2, 16), bias: Float32Array.of(1, -1) };
  const books = atOnce(fitCodebooks(few, zeros(1, 2), { ...linear, inputDimensions: 16 }));
  const own = bytesOf(few)[0];
  const other = (own + 1) % 256;
  const expected = Array.from({ length: 2 }, (_, j) => {
    let sum = linear.bias[j];
    for (let bit = 0; bit < 8; bit++) {
      sum += row(linear.weights, j)[bit] * ((other >> bit) & 1 ? 1 : -1);
    }
    return sum;
  });
  expect(row(books, other)[0]).toBeCloseTo(expected[0], 5);
  expect(row(books, other)[1]).toBeCloseTo(expected[1], 5);
});

function randomSigns(rows: number, columns: number): Matrix {
  const matrix = randomMatrix(rows, columns);
  return { ...matrix, data: matrix.data.map((value) => (value > 0 ? 1 : -1)) };
}

function randomMatrix(rows: number, columns: number): Matrix {
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => gaussian(random)),
  };
}
