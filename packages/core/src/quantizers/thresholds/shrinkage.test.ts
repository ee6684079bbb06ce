import { expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { columnMeans, columnMedians } from '../../vectors/statistics.ts';
import { shrinkTowards } from './shrinkage.ts';

const columns = 300;
const prior = new Float32Array(columns);
const random = seededRandom(8);
const truth = Float32Array.from({ length: columns }, () => 0.2 * gaussian(random));

it('is the prior for none or one, and the statistic for many', () => {
  for (const rows of [0, 1]) {
    expect(shrinkTowards(prior, sample(rows), columnMedians)).toEqual(prior);
  }
  const many = sample(5000);
  const statistic = columnMedians(many);
  const shrunk = shrinkTowards(prior, many, columnMedians);
  expect(distance(shrunk, statistic)).toBeLessThan(0.02 * distance(prior, statistic));
});

it.each([20, 40, 200])('is nearer to the truth than both for %i rows', (rows) => {
  for (const statistic of [columnMeans, columnMedians]) {
    const values = sample(rows);
    const error = distance(shrinkTowards(prior, values, statistic), truth);
    expect(error).toBeLessThan(distance(prior, truth));
    expect(error).toBeLessThan(distance(statistic(values), truth));
  }
});

it.each([10, 100])('has the weight n / (n + c) that the variances give for %i rows', (rows) => {
  const draws = 40;
  let weight = 0;
  for (let draw = 0; draw < draws; draw++) {
    const values = sample(rows);
    weight += shrinkTowards(prior, values, columnMeans)[0] / columnMeans(values)[0] / draws;
  }
  // Unit variance of values, differences of standard deviation 0.2. One weight has a standard error of
  // about 0.08 for 10 rows: two sums of 300 squares in a ratio.
  expect(Math.abs(weight - rows / (rows + 1 / 0.2 ** 2))).toBeLessThan(0.05);
});

it('stays at a prior that is the truth', () => {
  const shrunk = shrinkTowards(truth, sample(50), columnMeans);
  expect(distance(shrunk, truth)).toBeLessThan(0.4 * distance(columnMeans(sample(50)), truth));
});

function sample(rows: number): Matrix {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, p) => truth[p % columns] + gaussian(random),
  );
  return { rows, columns, data };
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, j) => value - b[j]));
}
