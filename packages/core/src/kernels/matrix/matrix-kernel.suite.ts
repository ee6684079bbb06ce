import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange } from '../../vectors/matrix.ts';
import { seededRandom } from '../../vectors/random.ts';
import { popcount } from '../popcount.ts';
import type { MatrixKernel } from './matrix-kernel.ts';
import { javascriptMatrixKernel } from './matrix-kernel.ts';

/** What every kernel of matrices must do, checked against definitions that are too slow to ship. */
export function matrixKernelSuite(kernel: MatrixKernel): void {
  describe('descent of signs', () => {
    it.each([1, 3, 4, 17])('ends where no sign of %i wants to change', (bits) => {
      const { residuals, signs, couplings, fieldsOf } = randomDescent(bits, 700);
      const start = residuals.data.slice();
      const { signs: found, fields } = kernel.descendSigns(residuals, signs, couplings, 50);
      for (let i = 0; i < found.rows; i++) {
        const row = found.data.slice(i * bits, (i + 1) * bits);
        const expected = fieldsOf(i, row, start);
        for (let j = 0; j < bits; j++) {
          expect(fields.data[i * bits + j]).toBeCloseTo(expected[j] as number, 3);
          expect(row[j]).toBe((fields.data[i * bits + j] as number) > 0 ? 1 : -1);
        }
      }
    });

    it('gives the same bits as before (golden fields)', () => {
      const { residuals, signs, couplings } = randomDescent(6, 2);
      const { fields } = kernel.descendSigns(residuals, signs, couplings, 2);
      expect([...new Uint32Array(fields.data.buffer)].map((word) => word.toString(16))).toEqual(
        goldenFields,
      );
    });
  });

  describe('descent of bytes', () => {
    it.each([1, 4, 37])('ends where flipping no bit helps, in %i dimensions', (columns) => {
      const { books, vectors, codes, weights, energyOf } = randomByteDescent(columns, 300);
      const start = codes.slice();
      const residuals = residualsOf(vectors, codes, books);
      const fields = kernel.createByteDescent(books)(residuals, codes, weights, 50);
      expect(codes).not.toEqual(start);
      for (let i = 0; i < vectors.rows; i++) {
        const energy = energyOf(i, codes);
        expect(energy).toBeLessThanOrEqual(energyOf(i, start) + 1e-4);
        for (let j = 0; j < 16; j++) {
          const flipped = codes.slice();
          flipped[i * 2 + (j >> 3)] ^= 1 << (j & 7);
          const gain = (energyOf(i, flipped) - energy) / 4;
          expect(gain).toBeGreaterThan(-1e-3);
          const isOne = ((codes[i * 2 + (j >> 3)] as number) >> (j & 7)) & 1;
          expect(fields.data[i * 16 + j]).toBeCloseTo(isOne ? gain : -gain, 2);
        }
      }
    });

    it('changes nothing in no rounds, and knows its vectors after they have changed', () => {
      const { books, vectors, codes, weights } = randomByteDescent(5, 3);
      const descend = kernel.createByteDescent(books);
      const [again, before] = [codes.slice(), codes.slice()];
      const residuals = residualsOf(vectors, codes, books);
      const fields = descend(copyOf(residuals), codes, weights, 0);
      expect(codes).toEqual(before);
      books.data.fill(0);
      expect(descend(copyOf(residuals), again, weights, 0)).toEqual(fields);
    });

    it('gives the same bits as before (golden fields)', () => {
      const { books, vectors, codes, weights } = randomByteDescent(6, 1);
      const residuals = residualsOf(vectors, codes, books);
      const { data } = kernel.createByteDescent(books)(residuals, codes, weights, 3);
      const words = [...new Uint32Array(data.buffer)].map((word) => word.toString(16));
      expect([...codes, ...words]).toEqual(goldenBytes);
    });
  });

  describe('search for words', () => {
    it('finds the best of all pairs when it keeps every word, and the nearest of one book', () => {
      for (const columns of [1, 6, 33]) {
        const { codebooks, vectors } = randomBooks(2, columns, 5);
        const found = kernel.createWordSearch(codebooks, 256)(vectors);
        const one = rowRange(codebooks, 0, 256);
        const nearest = kernel.createWordSearch(one, 1)(vectors);
        for (let i = 0; i < vectors.rows; i++) {
          const [singles, pairs] = [[] as number[], [] as number[]];
          for (let a = 0; a < 256; a++) {
            singles.push(distanceTo(vectors, i, one, [a]));
            for (let b = 0; b < 256; b++) pairs.push(distanceTo(vectors, i, codebooks, [a, b]));
          }
          const own = [...found.subarray(2 * i, 2 * i + 2)];
          // Values are rounded, to some thousandths of a per cent of their lengths.
          expect(distanceTo(vectors, i, codebooks, own)).toBeCloseTo(Math.min(...pairs), 3);
          expect(singles[nearest[i]]).toBeCloseTo(Math.min(...singles), 3);
        }
      }
    });

    it('finds better ones the more it keeps', () => {
      const { codebooks, vectors } = randomBooks(7, 24, 150);
      const lost = [1, 4, 32].map((beam) => {
        const found = kernel.createWordSearch(codebooks, beam)(vectors);
        let sum = 0;
        for (let i = 0; i < vectors.rows; i++) {
          sum += distanceTo(vectors, i, codebooks, [...found.subarray(7 * i, 7 * i + 7)]);
        }
        return sum;
      });
      expect(lost[1]).toBeLessThan(0.97 * lost[0]);
      expect(lost[2]).toBeLessThan(0.99 * lost[1]);
    });

    it.each([
      [1, 5, 3],
      [3, 8, 1],
      [6, 37, 8],
      [10, 16, 20],
    ])(
      'finds the same as its twin, %i books of %i dimensions, a beam of %i',
      (books, columns, beam) => {
        const { codebooks, vectors } = randomBooks(books, columns, 131);
        const twin = javascriptMatrixKernel.createWordSearch(codebooks, beam)(vectors);
        const search = kernel.createWordSearch(codebooks, beam);
        const found = new Uint8Array(twin.length);
        // In parts: what was searched for before tells nothing.
        for (const [start, end] of [
          [0, 1],
          [1, 4],
          [4, 4],
          [4, 131],
        ]) {
          found.set(search(rowRange(vectors, start, end)), start * books);
        }
        expect(found).toEqual(twin);
      },
    );

    it('finds nothing nearer than words of zeros for a vector of zeros', () => {
      const { codebooks } = randomBooks(3, 9, 1);
      for (const book of [0, 1, 2]) {
        codebooks.data.fill(0, (book * 256 + 7) * 9, (book * 256 + 8) * 9);
      }
      const zero = { rows: 1, columns: 9, data: new Float32Array(9) };
      const found = kernel.createWordSearch(codebooks, 1)(zero);
      expect([...found]).toEqual([7, 7, 7]);
    });

    it('knows its words after they have changed, and finds the same as before (golden words)', () => {
      const { codebooks, vectors } = randomBooks(4, 12, 3);
      const search = kernel.createWordSearch(codebooks, 5);
      codebooks.data.fill(0);
      expect([...search(vectors)]).toEqual(goldenWords);
    });
  });

  describe('in float64', () => {
    it.each([
      [1, 1],
      [2, 3],
      [9, 4],
      [13, 7],
    ])('solves with a factor of %i, %i columns, as its twin does', (size, columns) => {
      const random = seededRandom(size);
      const values = () => Float64Array.from({ length: size * size }, () => random() - 0.5);
      const factor = values().map((value, p) => {
        const [i, j] = [Math.floor(p / size), p % size];
        return i === j ? 1 + random() : j < i ? value : 0;
      });
      const solution = Float64Array.from({ length: size * columns }, () => random() - 0.5);
      const right = new Float64Array(size * columns);
      for (let i = 0; i < size; i++) {
        for (let l = 0; l < size; l++) {
          let entry = 0;
          for (let m = 0; m < size; m++) entry += factor[i * size + m] * factor[l * size + m];
          for (let j = 0; j < columns; j++) {
            right[i * columns + j] += entry * solution[l * columns + j];
          }
        }
      }
      const twin = right.slice();
      kernel.solveFactored(factor, right, columns);
      javascriptMatrixKernel.solveFactored(factor, twin, columns);
      expect(right).toEqual(twin);
      for (const [p, value] of right.entries()) expect(value).toBeCloseTo(solution[p], 9);
    });

    it('turns neighbours, turn after turn, and leaves all others', () => {
      const random = seededRandom(2);
      const values = Float64Array.from({ length: 3 * 5 * 4 }, () => random());
      const expected = values.slice();
      const count = 6;
      const first = Int32Array.of(0, 3, 1, 1, 2, 0, 9);
      const angles = Float64Array.from({ length: 7 }, () => 6 * random());
      const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
      for (let t = 0; t < count; t++) {
        for (let group = 0; group < 3; group++) {
          for (let lane = 0; lane < 4; lane++) {
            const p = (group * 5 + first[t]) * 4 + lane;
            const [a, b] = [expected[p], expected[p + 4]];
            expected[p] = cosines[t] * a + sines[t] * b;
            expected[p + 4] = cosines[t] * b - sines[t] * a;
          }
        }
      }
      kernel.turnVectors(values, 5, { count, first, cosines, sines });
      expect(values).toEqual(expected);
    });
  });

  describe('multiplier', () => {
    it('writes into memory that is given, whatever was there', () => {
      const random = seededRandom(12);
      const a = randomMatrix(5, 9, random);
      const b = randomMatrix(3, 9, random);
      const into = randomMatrix(5, 3, random);
      const expected = kernel.multiplyTransposed(a, b).data;
      expect(kernel.multiplyTransposed(a, b, undefined, into)).toBe(into);
      expect(into.data).toEqual(expected);
      into.data.fill(7);
      expect(kernel.createMultiplier(b)(a, into)).toBe(into);
      expect(into.data).toEqual(expected);
    });

    it('multiplies as multiplyTransposed does, bit for bit, also after the matrix has changed', () => {
      const random = seededRandom(5);
      const b = randomMatrix(7, 33, random);
      const bias = randomMatrix(1, 7, random).data;
      const multiply = kernel.createMultiplier(b, bias);
      for (const rows of [0, 1, 2, 5, 300]) {
        const a = randomMatrix(rows, 33, random);
        expect(multiply(a)).toEqual(kernel.multiplyTransposed(a, b, bias));
      }
      const a = randomMatrix(2, 33, random);
      const before = multiply(a);
      b.data.fill(0);
      bias.fill(0);
      expect(multiply(a)).toEqual(before);
    });
  });

  describe('rotator', () => {
    it.each([4, 5, 7, 8, 12, 33, 64, 100, 384])(
      'multiplies with factors and a transform, round by round, %i dimensions',
      (columns) => {
        const random = seededRandom(columns);
        const size = 2 ** Math.floor(Math.log2(columns));
        for (const [rounds, rows] of [
          [1, 2],
          [2, 3],
          [3, 70],
          [3, 0],
        ]) {
          const factors = randomMatrix(rounds, size, random);
          const bias = randomMatrix(1, columns, random).data;
          const vectors = randomMatrix(rows, columns, random);
          const before = vectors.data.slice();
          const rotated = kernel.createRotator(factors, bias, columns)(vectors);
          const expected = vectors.data.map((_, p) => bias[p % columns]);
          for (let i = 0; i < rows; i++) {
            const turned = turnedSlowly(vectors.data.subarray(i * columns), factors, columns);
            for (let j = 0; j < columns; j++) expected[i * columns + j] += turned[j];
          }
          expect([rotated.rows, rotated.columns]).toEqual([rows, columns]);
          const difference = rotated.data.map((value, p) => Math.abs(value - expected[p]));
          expect(Math.max(0, ...difference)).toBeLessThan(1e-5 * size ** (rounds / 2));
          expect(vectors.data).toEqual(before);
        }
      },
    );

    it('gives no more of the dimensions than a bias has values', () => {
      const random = seededRandom(10);
      const factors = randomMatrix(3, 8, random);
      const bias = randomMatrix(1, 13, random).data;
      const vectors = randomMatrix(70, 13, random);
      const all = kernel.createRotator(factors, bias, 13)(vectors);
      for (const wanted of [1, 4, 7, 12]) {
        const some = kernel.createRotator(factors, bias.slice(0, wanted), 13)(vectors);
        expect([some.rows, some.columns]).toEqual([70, wanted]);
        for (let i = 0; i < 70; i++) {
          expect(some.data.subarray(i * wanted, (i + 1) * wanted)).toEqual(
            all.data.subarray(i * 13, i * 13 + wanted),
          );
        }
      }
    });

    it('takes vectors of fewer dimensions with zeros behind them', () => {
      const random = seededRandom(11);
      const factors = randomMatrix(3, 16, random);
      const bias = randomMatrix(1, 20, random).data;
      const rotate = kernel.createRotator(factors, bias, 20);
      for (const columns of [1, 4, 7, 19]) {
        // Twice: nothing may be left of what was rotated before.
        for (const rows of [70, 2]) {
          const vectors = randomMatrix(rows, columns, random);
          const widened = { rows, columns: 20, data: new Float32Array(rows * 20) };
          for (let i = 0; i < rows; i++) {
            widened.data.set(vectors.data.subarray(i * columns, (i + 1) * columns), i * 20);
          }
          expect(rotate(vectors)).toEqual(rotate(widened));
        }
      }
    });

    it('writes into memory that is given, and knows its factors after they have changed', () => {
      const random = seededRandom(8);
      const factors = randomMatrix(2, 8, random);
      const bias = randomMatrix(1, 9, random).data;
      const vectors = randomMatrix(3, 9, random);
      const rotate = kernel.createRotator(factors, bias, 9);
      const rotated = rotate(vectors);
      factors.data.fill(0);
      bias.fill(0);
      const into = randomMatrix(3, 9, random);
      expect(rotate(vectors, into)).toBe(into);
      expect(into).toEqual(rotated);
    });

    it('gives the same bits as before (golden values)', () => {
      const random = seededRandom(6);
      const rotate = kernel.createRotator(
        randomMatrix(3, 8, random),
        randomMatrix(1, 11, random).data,
        11,
      );
      const { data } = rotate(randomMatrix(1, 11, random));
      const words = [...new Uint32Array(data.buffer)].map((word) => word.toString(16));
      expect(words).toEqual(goldenRotation);
    });
  });

  describe('multiply and multiplyTransposeOf', () => {
    it('are the products of a, and of its transpose, with b', () => {
      const size = fc.integer({ min: 1, max: 21 });
      fc.assert(
        fc.property(size, size, size, fc.integer(), (rows, inner, columns, seed) => {
          const random = seededRandom(seed);
          const a = randomMatrix(rows, inner, random);
          const b = randomMatrix(inner, columns, random);
          const turned = randomMatrix(inner, rows, random);
          const product = kernel.multiply(a, b);
          const ofTranspose = kernel.multiplyTransposeOf(turned, b);
          expect([product.rows, product.columns]).toEqual([rows, columns]);
          expect([ofTranspose.rows, ofTranspose.columns]).toEqual([rows, columns]);
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              let [sum, other] = [0, 0];
              for (let p = 0; p < inner; p++) {
                sum += a.data[i * inner + p] * b.data[p * columns + j];
                other += turned.data[p * rows + i] * b.data[p * columns + j];
              }
              expect(product.data[i * columns + j]).toBeCloseTo(sum, 4);
              expect(ofTranspose.data[i * columns + j]).toBeCloseTo(other, 4);
            }
          }
        }),
        { numRuns: 50 },
      );
    });

    it('give the same bits as before (golden sums)', () => {
      const random = seededRandom(8);
      const [a, b] = [randomMatrix(2, 50, random), randomMatrix(50, 2, random)];
      const turned = randomMatrix(50, 2, random);
      const sums = [kernel.multiply(a, b), kernel.multiplyTransposeOf(turned, b)];
      expect(
        sums.flatMap(({ data }) =>
          [...new Uint32Array(data.buffer)].map((word) => word.toString(16)),
        ),
      ).toEqual(goldenProducts);
    });
  });

  describe('multiplyTransposed', () => {
    it('is the product of a and the transpose of b, plus the bias', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 9 }),
          fc.integer({ min: 0, max: 9 }),
          fc.integer({ min: 1, max: 70 }),
          fc.integer(),
          (rowsA, rowsB, inner, seed) => {
            const random = seededRandom(seed);
            const a = randomMatrix(rowsA, inner, random);
            const b = randomMatrix(rowsB, inner, random);
            const bias = randomMatrix(1, rowsB, random).data;
            const product = kernel.multiplyTransposed(a, b, bias);
            expect([product.rows, product.columns]).toEqual([rowsA, rowsB]);
            for (let i = 0; i < rowsA; i++) {
              for (let j = 0; j < rowsB; j++) {
                let sum = bias[j];
                for (let p = 0; p < inner; p++)
                  sum += a.data[i * inner + p] * b.data[j * inner + p];
                expect(product.data[i * rowsB + j]).toBeCloseTo(sum, 3);
              }
            }
          },
        ),
        { numRuns: 50 },
      );
    });

    it('gives the same bits as before (golden sums)', () => {
      const random = seededRandom(3);
      const a = randomMatrix(3, 50, random);
      const b = randomMatrix(5, 50, random);
      const { data } = kernel.multiplyTransposed(a, b);
      expect([...new Uint32Array(data.buffer)].map((word) => word.toString(16))).toEqual(
        goldenSums,
      );
    });

    it.each([63, 64, 65, 150, 257])('of %i rows with themselves are as with a copy', (rows) => {
      const random = seededRandom(rows);
      for (const columns of [1, 5, 64, 130]) {
        const a = randomMatrix(rows, columns, random);
        const expected = kernel.multiplyTransposed(a, copyOf(a));
        expect(kernel.multiplyTransposed(a, a)).toEqual(expected);
        const into = randomMatrix(rows, rows, random);
        expect(kernel.multiplyTransposed(a, a, undefined, into)).toBe(into);
        expect(into).toEqual(expected);
      }
    });

    it('multiplies matrices larger than a tile', () => {
      const random = seededRandom(4);
      const a = randomMatrix(700, 401, random);
      const b = randomMatrix(301, 401, random);
      const { data } = kernel.multiplyTransposed(a, b);
      for (const [i, j] of [
        [0, 0],
        [699, 300],
        [653, 163],
        [652, 164],
      ] as const) {
        let sum = 0;
        for (let p = 0; p < 401; p++) sum += a.data[i * 401 + p] * b.data[j * 401 + p];
        expect(data[i * 301 + j]).toBeCloseTo(sum, 3);
      }
    });
  });
}

const goldenSums = [
  'bfb12e5a',
  'be21260e',
  '3fa9edc1',
  'c07dcec6',
  '40837ffa',
  'bcf554a0',
  '409147fc',
  '3f8e6c3b',
  '405d9dcb',
  'c021c629',
  '4040c2a5',
  'c08bf147',
  '3f5d8f34',
  'c04c262b',
  '3f27b008',
];

const goldenFields = [
  'c0155879',
  'bfeffb46',
  '3fa77af7',
  '3eadb658',
  '4003db9b',
  'bfe2d263',
  'c001ebe0',
  'bfc234b6',
  '400cd2e8',
  '3ed669a8',
  '403fc3b8',
  'bf82ab59',
];

const goldenWords = [230, 169, 181, 174, 134, 146, 165, 54, 142, 96, 18, 85];

const goldenProducts = [
  'bfbf2047',
  'bfabfb8f',
  'bfd1b911',
  '4009b615',
  'be647faa',
  'bfac0a80',
  '403818a0',
  'c0459715',
];

const goldenRotation = [
  'bf5ae695',
  '408ec6e4',
  '3f5bee96',
  'bfc6cdfa',
  'bdfbf2be',
  '3f4b0a0b',
  'be80dc22',
  'bcfd4800',
  'beba6ebe',
  'bdded0e8',
  'bdc0f8c8',
];

const goldenBytes = [
  208,
  57,
  'bf6d3547',
  'be405a90',
  'c005ea3a',
  'bef81af8',
  '3ea000b9',
  'bf9644e6',
  '3f4cd5ef',
  '3fd4400e',
  '3e0941ee',
  'bf06bbda',
  'bf567eb2',
  '3f9c490a',
  '3dcebd4c',
  '3ef34f32',
  'bc2196a0',
  'bf40e00c',
];

/** Signs to descend from, for couplings between bits as different as those of a decoder. */
function randomDescent(bits: number, rows: number) {
  const random = seededRandom(bits);
  const vectors = randomMatrix(bits, bits + 3, random);
  const couplings = javascriptMatrixKernel.multiplyTransposed(vectors, vectors);
  const targets = randomMatrix(rows, bits, random);
  const signs = randomMatrix(rows, bits, random);
  for (let p = 0; p < signs.data.length; p++) signs.data[p] = signs.data[p] > 0 ? 1 : -1;
  const first = signs.data.slice();
  const explained = javascriptMatrixKernel.multiplyTransposed(signs, couplings);
  const residuals = { ...targets, data: targets.data.map((t, p) => t - explained.data[p]) };
  /** The fields of row `i` for these signs, from the residuals at the start. */
  const fieldsOf = (i: number, row: Float32Array, start: Float32Array) =>
    Array.from({ length: bits }, (_, j) => {
      let field = start[i * bits + j] + couplings.data[j * bits + j] * row[j];
      for (let l = 0; l < bits; l++) {
        field -= couplings.data[j * bits + l] * (row[l] - first[i * bits + l]);
      }
      return field;
    });
  return { residuals, signs, couplings, fieldsOf };
}

/** Books of which each is finer than the one before, and vectors. */
function randomBooks(
  books: number,
  columns: number,
  rows: number,
): { codebooks: Matrix; vectors: Matrix } {
  const random = seededRandom(books + columns);
  const codebooks = randomMatrix(books * 256, columns, random);
  for (let p = 0; p < codebooks.data.length; p++) {
    codebooks.data[p] *= 0.8 ** Math.floor(p / (256 * columns));
  }
  return { codebooks, vectors: randomMatrix(rows, columns, random) };
}

/** Squared, of a vector and the sum of words. */
function distanceTo(vectors: Matrix, i: number, codebooks: Matrix, words: number[]): number {
  let squared = 0;
  for (let j = 0; j < vectors.columns; j++) {
    let left = vectors.data[i * vectors.columns + j];
    for (const [book, word] of words.entries()) {
      left -= codebooks.data[(book * 256 + word) * vectors.columns + j];
    }
    squared += left * left;
  }
  return squared;
}

/** By the definition of the transform: entry (i, j) is -1 where i and j share an odd number of ones. */
function turnedSlowly(vector: Float32Array, factors: Matrix, columns: number): Float64Array {
  const turned = Float64Array.from(vector.subarray(0, columns));
  const { rows: rounds, columns: size, data } = factors;
  for (let round = 0; round < rounds; round++) {
    const values = turned.subarray(round % 2 === 0 ? 0 : columns - size).subarray(0, size);
    const before = values.map((value, j) => value * data[round * size + j]);
    for (let i = 0; i < size; i++) {
      values[i] = before.reduce((sum, x, j) => sum + (popcount(i & j) % 2 === 0 ? x : -x), 0);
    }
  }
  return turned;
}

/** Vectors, two bytes each that name what they are restored from, and weights of their bits. */
function randomByteDescent(
  columns: number,
  rows: number,
): {
  books: Matrix;
  vectors: Matrix;
  codes: Uint8Array;
  weights: Matrix;
  energyOf: (row: number, codes: Uint8Array) => number;
} {
  const random = seededRandom(columns);
  const books = randomMatrix(512, columns, random);
  const vectors = randomMatrix(rows, columns, random);
  const codes = Uint8Array.from({ length: rows * 2 }, () => random() * 256);
  const weights = randomMatrix(rows, 16, random);
  const energyOf = (row: number, at: Uint8Array): number => {
    const own = at.subarray(row * 2, row * 2 + 2);
    let energy = 0;
    for (let j = 0; j < columns; j++) {
      const restored = own.reduce((sum, v, m) => sum + books.data[(m * 256 + v) * columns + j], 0);
      energy += (vectors.data[row * columns + j] - restored) ** 2;
    }
    for (let j = 0; j < 16; j++) {
      const isOne = (own[j >> 3] >> (j & 7)) & 1;
      energy -= 2 * weights.data[row * 16 + j] * (isOne ? 1 : -1);
    }
    return energy;
  };
  return { books, vectors, codes, weights, energyOf };
}

function residualsOf(vectors: Matrix, codes: Uint8Array, { columns, data }: Matrix): Matrix {
  const residuals = copyOf(vectors);
  residuals.data.forEach((_, p) => {
    const row = Math.floor(p / columns);
    for (const m of [0, 1]) {
      residuals.data[p] -= data[(m * 256 + codes[row * 2 + m]) * columns + (p % columns)];
    }
  });
  return residuals;
}

function randomMatrix(rows: number, columns: number, random: () => number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, () => random() * 2 - 1);
  return { rows, columns, data };
}

function copyOf(matrix: Matrix): Matrix {
  return { ...matrix, data: matrix.data.slice() };
}
