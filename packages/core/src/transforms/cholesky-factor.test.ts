import { expect, it } from 'vitest';
import { atOnce } from '../progress/steps.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { choleskyFactor } from './cholesky-factor.ts';

it.each([1, 2, 5, 20])('gives back the factor of a matrix of %i rows', (size) => {
  const random = seededRandom(size);
  const expected = Float64Array.from({ length: size * size }, (_, p) => {
    const [i, j] = [Math.floor(p / size), p % size];
    return j > i ? 0 : i === j ? 1 + random() : gaussian(random);
  });
  const matrix = Float64Array.from({ length: size * size }, (_, p) => {
    const [i, j] = [Math.floor(p / size), p % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += expected[i * size + k] * expected[j * size + k];
    return sum;
  });
  atOnce(choleskyFactor(matrix, size))?.forEach((value, p) => {
    expect(value).toBeCloseTo(expected[p], 8);
  });
  expect(atOnce(choleskyFactor(matrix, size))).toBeDefined();
});

it('has none of matrices that are not positive definite, or not finite', () => {
  for (const matrix of [
    [0],
    [-1],
    [1, 2, 2, 1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY, 1, 1, 1],
    [1, 0, Number.POSITIVE_INFINITY, 1],
  ]) {
    expect(
      atOnce(choleskyFactor(Float64Array.from(matrix), Math.sqrt(matrix.length))),
    ).toBeUndefined();
  }
});
