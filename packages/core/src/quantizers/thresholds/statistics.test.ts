import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { lloydMaxThreshold, otsuThreshold, quantile } from './statistics.ts';

const random = seededRandom(4);
const samples: [string, Float32Array][] = [
  ['one value', Float32Array.of(3)],
  ['two values', Float32Array.of(-1, 5)],
  ['equal values', Float32Array.of(2, 2, 2, 2)],
  ['an upper half of one value', Float32Array.of(0, 1, 1, 1)],
  ['a lower half of one value', Float32Array.of(0, 0, 0, 1)],
  ['neighbouring floats', Float32Array.of(1, 1 + 2 ** -23)],
  ['gaussian', draw(201, () => gaussian(random))],
  ['two humps', draw(300, () => gaussian(random) * 0.4 + (random() < 0.3 ? 2 : -1))],
  ['skewed, with ties', draw(250, () => Math.round(20 * random() ** 4) / 7)],
];

describe.each(samples)('%s', (_, sorted) => {
  const several = sorted[0] < sorted[sorted.length - 1];

  it('Otsu separates the classes as well as the best of all thresholds', () => {
    const found = withinClassError(sorted, otsuThreshold(sorted));
    for (const threshold of sorted) {
      expect(found).toBeLessThanOrEqual(withinClassError(sorted, threshold) + 1e-9);
    }
    if (several) expect(new Set(sorted.map((x) => +(x > otsuThreshold(sorted)))).size).toBe(2);
  });

  it('Lloyd–Max is the midpoint of the means on both sides, and no worse than the median', () => {
    const threshold = lloydMaxThreshold(sorted);
    if (!several) {
      expect(threshold).toBe(sorted[0]);
      return;
    }
    const low = mean(sorted.filter((x) => x <= threshold));
    const high = mean(sorted.filter((x) => x > threshold));
    expect(threshold).toBeCloseTo((low + high) / 2, 5);
    expect(withinClassError(sorted, threshold)).toBeLessThanOrEqual(
      withinClassError(sorted, quantile(sorted, 0.5)) + 1e-9,
    );
  });
});

it('quantiles interpolate between the values around them', () => {
  const sorted = Float32Array.of(0, 1, 2, 10);
  expect([0, 0.25, 0.5, 1].map((q) => quantile(sorted, q))).toEqual([0, 0.75, 1.5, 10]);
  expect(quantile(Float32Array.of(7), 0.3)).toBe(7);
});

/** Sum of squared distances from the mean of the own side; least where the classes are most apart. */
function withinClassError(values: Float32Array, threshold: number): number {
  return [
    values.filter((value) => value <= threshold),
    values.filter((value) => value > threshold),
  ].reduce((sum, side) => {
    const centre = mean(side);
    return sum + side.reduce((error, value) => error + (value - centre) ** 2, 0);
  }, 0);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function draw(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, next).sort();
}
