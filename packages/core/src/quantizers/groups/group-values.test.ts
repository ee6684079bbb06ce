import { describe, expect, it } from 'vitest';
import { toMatrix, zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import type { GroupLayout, GroupRule } from './group-quantizer.ts';
import { groupValues } from './group-quantizer.ts';
import { addGroupGradients } from './learn-thresholds.ts';

const groupRules = ['or', 'linear'] as const;

function oneGroup(rule: GroupRule, size: number): GroupLayout {
  return {
    rule,
    offsets: Uint32Array.of(0, size),
    dimensions: Uint32Array.from({ length: size }, (_, i) => i),
    signs: new Float32Array(size).fill(1),
    weights: new Float32Array(size).fill(1),
  };
}

function value(rule: GroupRule, x: number[], k: number[] = x.map(() => 0)): number {
  return groupValues(toMatrix([x]), oneGroup(rule, x.length), Float32Array.from(k)).data[0];
}

describe('groupValues', () => {
  it('or asks whether any member is above its threshold, and by how much', () => {
    expect(value('or', [1, 2, 3], [2, 2.5, 3.25])).toBe(-0.25);
    expect(value('or', [1, 4, 3], [2, 2.5, 3.25])).toBe(1.5);
  });

  it('linear adds up, with weights', () => {
    expect(value('linear', [1, 2], [0.5, 0])).toBe(2.5);
    const layout = { ...oneGroup('linear', 2), weights: Float32Array.of(2, -1) };
    expect(groupValues(toMatrix([[1, 2]]), layout, Float32Array.of(0.5, 0)).data[0]).toBe(-1);
  });

  it('flips the members whose sign is negative', () => {
    const layout = { ...oneGroup('or', 2), signs: Float32Array.of(1, -1) };
    expect(groupValues(toMatrix([[1, -5]]), layout, Float32Array.of(0, 1)).data[0]).toBe(4);
  });

  it.each(groupRules)('%s leaves members with infinite thresholds out', (rule) => {
    const kept = value(rule, [0.5, -0.25, 1], [0.25, 0, 0.5]);
    expect(value(rule, [0.5, 9, -0.25, 1], [0.25, Infinity, 0, 0.5])).toBe(kept);
    expect(value(rule, [9, 9], [Infinity, Infinity])).toBe(0);
    expect(value(rule, [9], [Infinity])).toBe(0);
  });
});

describe('addGroupGradients', () => {
  it.each(groupRules)('%s agrees with differences', (rule) => {
    const random = seededRandom(2);
    const values = zeros(5, 7);
    for (let p = 0; p < values.data.length; p++) values.data[p] = gaussian(random);
    const layout: GroupLayout = {
      rule,
      offsets: Uint32Array.of(0, 3, 7, 8),
      dimensions: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 1),
      signs: Float32Array.of(1, -1, 1, 1, 1, -1, 1, 1),
      weights: rule === 'linear' ? Float32Array.of(1, 2, 0.5, 1, -1, 3, 1, 1) : ones(8),
    };
    const thresholds = Float32Array.from({ length: 8 }, () => 0.3 * gaussian(random));
    const gradient = zeros(5, 3);
    for (let p = 0; p < gradient.data.length; p++) gradient.data[p] = gaussian(random);
    const loss = (of: GroupLayout, at: Float32Array): number =>
      groupValues(values, of, at).data.reduce((sum, each, p) => sum + each * gradient.data[p], 0);
    const sums = { thresholds: new Float32Array(8), weights: new Float32Array(8) };
    addGroupGradients(values, layout, thresholds, gradient, sums);
    const step = 1e-3;
    for (let m = 0; m < 8; m++) {
      const moved = (array: Float32Array, by: number) =>
        array.map((each, i) => (i === m ? each + by : each));
      const slope =
        (loss(layout, moved(thresholds, step)) - loss(layout, moved(thresholds, -step))) / step / 2;
      expect(sums.thresholds[m]).toBeCloseTo(slope, 2);
      // A lone member's weight is left alone.
      if (rule !== 'linear' || m === 7) continue;
      const weighted = (by: number) => ({ ...layout, weights: moved(layout.weights, by) });
      const byWeight =
        (loss(weighted(step), thresholds) - loss(weighted(-step), thresholds)) / step / 2;
      expect(sums.weights[m]).toBeCloseTo(byWeight, 2);
    }
  });
});

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}
