import { Matrix as DenseMatrix, EigenvalueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

/** `XᵀX` of `rows` random rows, scaled to trace 1: of rank `rows` at most. */
function gram(rows: number, size: number, decay: number): Float64Array {
  const random = seededRandom(rows + 100 * size);
  const x = Array.from({ length: rows }, () =>
    Array.from({ length: size }, (_, j) => gaussian(random) * decay ** j),
  );
  const products = Float64Array.from({ length: size * size }, (_, p) =>
    x.reduce((sum, row) => sum + row[Math.floor(p / size)] * row[p % size], 0),
  );
  const trace = products.reduce((sum, value, p) => (p % (size + 1) === 0 ? sum + value : sum), 0);
  return products.map((value) => value / trace);
}

function sorted(values: ArrayLike<number>): number[] {
  return Array.from(values).sort((a, b) => a - b);
}

describe('symmetricEigenvalues', () => {
  it.each([
    [1, 1, 1],
    [1, 2, 1],
    [5, 2, 1],
    [40, 9, 1],
    [3, 33, 1],
    [200, 65, 0.8],
    [90, 60, 0.2],
  ])('of %i random rows of %i agree with the full decomposition', (rows, size, decay) => {
    const matrix = gram(rows, size, decay);
    const before = matrix.slice();
    const { realEigenvalues } = new EigenvalueDecomposition(
      DenseMatrix.from1DArray(size, size, matrix),
      { assumeSymmetric: true },
    );
    const expected = sorted(realEigenvalues);
    sorted(symmetricEigenvalues(matrix, size)).forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-14);
    });
    expect(matrix).toEqual(before);
  });

  it('of diagonal, equal and second-difference matrices are known', () => {
    const size = 50;
    const fill = (value: (i: number, j: number) => number) =>
      Float64Array.from({ length: size * size }, (_, p) => value(Math.floor(p / size), p % size));
    const diagonal = fill((i, j) => (i === j ? i / 1225 : 0));
    expect(sorted(symmetricEigenvalues(diagonal, size))).toEqual(
      Array.from({ length: size }, (_, i) => i / 1225),
    );
    expect(
      symmetricEigenvalues(
        fill(() => 0),
        size,
      ),
    ).toEqual(new Float64Array(size));
    const equal = sorted(
      symmetricEigenvalues(
        fill(() => 1 / size),
        size,
      ),
    );
    expect(equal.pop()).toBeCloseTo(1, 12);
    for (const value of equal) expect(value).toBeCloseTo(0, 12);
    // 2 on the diagonal and -1 beside it: 2 - 2 cos(kπ / (n + 1)).
    const string = fill((i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    sorted(symmetricEigenvalues(string, size)).forEach((value, i) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((i + 1) * Math.PI) / (size + 1)), 12);
    });
  });
});
