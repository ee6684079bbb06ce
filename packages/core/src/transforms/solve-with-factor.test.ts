import { expect, it } from 'vitest';
import { atOnce } from '../progress/steps.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { solveWithFactor } from './solve-with-factor.ts';

it.each([
  [1, 1],
  [1, 4],
  [5, 1],
  [7, 3],
])('solves %i equations for %i right sides', (size, columns) => {
  const random = seededRandom(size);
  const factor = Float64Array.from({ length: size * size }, (_, p) => {
    const [i, j] = [Math.floor(p / size), p % size];
    return j > i ? 0 : i === j ? 1 + random() : gaussian(random);
  });
  const entry = (i: number, j: number): number =>
    Array.from({ length: size }, (_, l) => factor[i * size + l] * factor[j * size + l]).reduce(
      (sum, value) => sum + value,
    );
  const expected = Float64Array.from({ length: size * columns }, () => gaussian(random));
  const values = Float64Array.from(expected, (_, p) => {
    const [i, column] = [Math.floor(p / columns), p % columns];
    let sum = 0;
    for (let j = 0; j < size; j++) sum += entry(i, j) * expected[j * columns + column];
    return sum;
  });
  atOnce(solveWithFactor(factor, values, columns));
  values.forEach((value, p) => {
    expect(value).toBeCloseTo(expected[p], 8);
  });
});
