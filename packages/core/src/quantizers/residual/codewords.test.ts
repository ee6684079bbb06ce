import { describe, expect, it } from 'vitest';
import { atOnce } from '../../progress/steps.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { codewordSearch, wordCount } from './codeword-search.ts';
import { fitCodewords } from './fit-codewords.ts';
import { refitParts } from './refit-parts.ts';

const random = seededRandom(5);

describe('a search for words', () => {
  const codebooks = normals(2 * wordCount, 6);
  const vectors = normals(20, 6);

  it('finds the best of all pairs when it keeps every word', () => {
    const found = codewordSearch(codebooks, wordCount)(vectors);
    for (let i = 0; i < vectors.rows; i++) {
      const errors: number[] = [];
      for (let first = 0; first < wordCount; first++) {
        for (let second = 0; second < wordCount; second++) {
          errors.push(errorOf(codebooks, row(vectors, i), [first, second]));
        }
      }
      const best = Math.min(...errors);
      expect(
        errorOf(codebooks, row(vectors, i), [...found.subarray(2 * i, 2 * i + 2)]),
      ).toBeCloseTo(best, 4);
    }
  });

  it('finds better ones the more it keeps, and the nearest where there is one book', () => {
    const errors = [1, 4, 64].map((beam) => {
      const found = codewordSearch(codebooks, beam)(vectors);
      return meanError(codebooks, vectors, found);
    });
    expect(errors[1]).toBeLessThan(errors[0]);
    expect(errors[2]).toBeLessThan(errors[1]);
    const book = rowRange(codebooks, 0, wordCount);
    const nearest = codewordSearch(book, 1)(vectors);
    for (let i = 0; i < vectors.rows; i++) {
      const all = Array.from({ length: wordCount }, (_, word) =>
        errorOf(book, row(vectors, i), [word]),
      );
      expect(all[nearest[i]]).toBeCloseTo(Math.min(...all), 5);
    }
  });

  it('goes on with what is left where there are very many books', () => {
    const many = normals(26 * wordCount, 6);
    // Each book finer than the one before.
    for (let i = 0; i < many.rows; i++) {
      const own = row(many, i);
      for (let j = 0; j < own.length; j++) own[j] *= 0.7 ** Math.floor(i / wordCount);
    }
    const found = codewordSearch(many, 2)(vectors);
    const first = codewordSearch(rowRange(many, 0, 24 * wordCount), 2)(vectors);
    expect(found.length).toBe(20 * 26);
    expect(found.subarray(0, 24)).toEqual(first.subarray(0, 24));
    expect(meanError(many, vectors, found)).toBeLessThan(
      meanError(rowRange(many, 0, 24 * wordCount), vectors, first),
    );
  });

  it('gives no words for no vectors', () => {
    expect(codewordSearch(codebooks, 4)(zeros(0, 6))).toEqual(new Uint8Array(0));
  });
});

describe('books of words', () => {
  it('leave less with each, also where there are fewer vectors than words', () => {
    for (const rows of [2000, 40]) {
      const vectors = normals(rows, 8);
      const left = [1, 2, 3].map((books) => {
        const rest = { ...vectors, data: vectors.data.slice() };
        atOnce(fitCodewords(rest, books, 0));
        return rest.data.reduce((sum, value) => sum + value * value, 0) / rows;
      });
      expect(left[0]).toBeLessThan(rows > wordCount ? 4 : 1e-3);
      expect(left[1]).toBeLessThan(0.7 * left[0] + 1e-9);
      expect(left[2]).toBeLessThanOrEqual(0.7 * left[1] + 1e-9);
    }
  });

  it('and a linear decoder restore more when they are fitted together', () => {
    const vectors = normals(4000, 8);
    const signs = { ...zeros(4000, 8), data: vectors.data.map((value) => (value > 0 ? 1 : -1)) };
    const weights = {
      ...zeros(8, 8),
      data: Float32Array.from({ length: 64 }, (_, p) => (p % 9 ? 0 : 0.7)),
    };
    const map = { weights, bias: new Float32Array(8), inputDimensions: 8 };
    const rest = { ...vectors, data: vectors.data.map((value, p) => value - 0.7 * signs.data[p]) };
    const before = rest.data.slice();
    const codebooks = atOnce(fitCodewords(rest, 2, 0));
    const words = codewordSearch(codebooks, 4)({ ...rest, data: before });
    const lost = (parts: { map: typeof map; codebooks: Matrix }): number => {
      let sum = 0;
      for (let i = 0; i < vectors.rows; i++) {
        const restored = Float32Array.from(parts.map.bias);
        for (let j = 0; j < 8; j++) {
          for (let bit = 0; bit < 8; bit++) {
            restored[j] += parts.map.weights.data[j * 8 + bit] * signs.data[i * 8 + bit];
          }
          for (let book = 0; book < 2; book++) {
            restored[j] += row(parts.codebooks, book * wordCount + words[2 * i + book])[j];
          }
          sum += (restored[j] - vectors.data[i * 8 + j]) ** 2;
        }
      }
      return sum / vectors.rows;
    };
    const parts = { map, codebooks };
    const refitted = atOnce(refitParts(vectors, { signs, words }, parts)) as typeof parts;
    expect(lost(refitted)).toBeLessThan(0.98 * lost(parts));
    // What was given stays as it is.
    expect(parts.map).toBe(map);
  });
});

function errorOf(codebooks: Matrix, vector: Float32Array, words: readonly number[]): number {
  return vector.reduce((sum, value, j) => {
    const restored = words.reduce(
      (all, word, book) => all + row(codebooks, book * wordCount + word)[j],
      0,
    );
    return sum + (value - restored) ** 2;
  }, 0);
}

function meanError(codebooks: Matrix, vectors: Matrix, found: Uint8Array): number {
  const books = codebooks.rows / wordCount;
  let sum = 0;
  for (let i = 0; i < vectors.rows; i++) {
    sum += errorOf(codebooks, row(vectors, i), [...found.subarray(i * books, (i + 1) * books)]);
  }
  return sum / vectors.rows;
}

function normals(rows: number, columns: number): Matrix {
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => gaussian(random)),
  };
}
