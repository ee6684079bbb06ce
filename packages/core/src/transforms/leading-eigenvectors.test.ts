import { Matrix as DenseMatrix, EigenvalueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../progress/steps.ts';
import { row } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { leadingEigenvectors } from './leading-eigenvectors.ts';

/** `XᵀX` of random rows whose columns have decreasing spread: of rank `rows` at most. */
function gram(rows: number, size: number, decay: number, scale: number): Float64Array {
  const random = seededRandom(rows + 100 * size);
  const x = Array.from({ length: rows }, () =>
    Array.from({ length: size }, (_, j) => scale * gaussian(random) * decay ** j),
  );
  return Float64Array.from({ length: size * size }, (_, p) =>
    x.reduce((sum, values) => sum + values[Math.floor(p / size)] * values[p % size], 0),
  );
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

describe('leadingEigenvectors', () => {
  it.each([
    [1, 1, 1, 1],
    [9, 2, 1, 1e-6],
    [5, 3, 1, 1e6],
    [3, 33, 1, 1],
    [200, 65, 0.8, 10],
    [90, 60, 0.2, 1],
  ])('of %i random rows of %i are orthonormal and strongest first', (rows, size, decay, scale) => {
    const covariance = gram(rows, size, decay, scale);
    const before = covariance.slice();
    const vectors = atOnce(leadingEigenvectors(covariance, size, size));
    expect(covariance).toEqual(before);
    const { realEigenvalues } = new EigenvalueDecomposition(
      DenseMatrix.from1DArray(size, size, covariance),
      { assumeSymmetric: true },
    );
    const values = [...realEigenvalues].sort((a, b) => b - a);
    for (let i = 0; i < size; i++) {
      const vector = row(vectors, i);
      const mapped = Float64Array.from({ length: size }, (_, j) =>
        dot(covariance.subarray(j * size, (j + 1) * size), vector),
      );
      mapped.forEach((value, j) => {
        expect(Math.abs(value - values[i] * vector[j])).toBeLessThan(1e-6 * values[0]);
      });
      for (let k = 0; k <= i; k++) {
        expect(dot(vector, row(vectors, k))).toBeCloseTo(k === i ? 1 : 0, 5);
      }
    }
  });

  it('leaves out the others, and points each to the side of its largest value', () => {
    const covariance = gram(50, 40, 0.9, 1);
    const all = atOnce(leadingEigenvectors(covariance, 40, 40));
    const some = atOnce(leadingEigenvectors(covariance, 40, 7));
    expect(some.data).toEqual(all.data.subarray(0, 7 * 40));
    for (let i = 0; i < 40; i++) {
      const largest = row(all, i).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      expect(largest).toBeGreaterThan(0);
    }
  });

  it('of zero and of a multiple of the identity are still orthonormal', () => {
    for (const value of [0, 3]) {
      const matrix = Float64Array.from({ length: 36 }, (_, p) => (p % 7 === 0 ? value : 0));
      const vectors = atOnce(leadingEigenvectors(matrix, 6, 6));
      for (let i = 0; i < 6; i++) {
        for (let k = 0; k <= i; k++) {
          expect(dot(row(vectors, i), row(vectors, k))).toBeCloseTo(k === i ? 1 : 0, 6);
        }
      }
    }
  });
});
