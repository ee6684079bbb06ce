import { describe, expect, it } from 'vitest';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { needless, varianceProfile } from './variance-profile.ts';

describe('how evenly vectors vary', () => {
  it('tells even from uneven dimensions and directions', () => {
    const even = profileOf((values) => values);
    expect(even?.dimensions).toBeGreaterThan(0.9);
    expect(even?.directions).toBeGreaterThan(0.9);
    const steep = profileOf((values) => values.map((value, j) => value / (1 + j)));
    expect(steep?.dimensions).toBeLessThan(0.2);
    expect(steep?.directions).toBeLessThan(0.2);
    // Pairs that vary alike are half as many directions.
    const paired = profileOf((values) => values.map((_, j) => values[j - (j % 2)] ?? 0));
    expect(paired?.dimensions).toBeGreaterThan(0.9);
    expect(paired?.directions).toBeCloseTo(0.5, 1);
  });

  it('says nothing of too few vectors, or of equal ones', () => {
    expect(profileOf((values) => values, 30)).toBeUndefined();
    expect(profileOf((values) => values.fill(1))).toBeUndefined();
  });

  it('spares rotations where directions are alike, and layouts where dimensions are', () => {
    const profile = { dimensions: 0.95, directions: 0.3 };
    expect(needless('planned', profile)).toMatch(/dimensions vary alike/);
    expect(needless('thermometer', profile)).toMatch(/dimensions vary alike/);
    expect(needless('itq', profile)).toBeUndefined();
    expect(needless('itq', { ...profile, directions: 0.95 })).toMatch(/rotation/);
    expect(needless('random', { ...profile, directions: 0.95 })).toBeUndefined();
    expect(needless('learned', { dimensions: 1, directions: 1 })).toBeUndefined();
  });
});

function profileOf(change: (values: Float32Array) => Float32Array, rows = 3000) {
  const random = seededRandom(2);
  const vectors: Matrix = zeros(rows, 16);
  for (let i = 0; i < rows; i++) {
    const values = Float32Array.from({ length: 16 }, () => gaussian(random));
    vectors.data.set(change(values), i * 16);
  }
  return atOnce(varianceProfile(vectors, 0));
}
