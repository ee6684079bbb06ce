import fc from 'fast-check';
import { expect, it } from 'vitest';
import { largestTotalWeight } from '../../kernels/scan/sliced-memory.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { prefixWeights } from './query-weights.ts';

it('weighs larger values no less, with their sign, within what kernels add up', () => {
  const values = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, (list) => {
      const weights = prefixWeights(Float32Array.from(list));
      list.forEach((value, i) => {
        if (weights[i] !== 0) expect(Math.sign(weights[i])).toBe(Math.sign(value));
        list.forEach((other, j) => {
          if (Math.sign(other) === Math.sign(value) && Math.abs(other) > Math.abs(value)) {
            expect(Math.abs(weights[j])).toBeGreaterThanOrEqual(Math.abs(weights[i]));
          }
        });
      });
    }),
  );
});

it('leaves nothing over where there are many bits', () => {
  const random = seededRandom(1);
  const weights = prefixWeights(Float32Array.from({ length: 256 }, () => gaussian(random)));
  for (const weight of [-2, -1, 1, 2]) {
    const count = weights.filter((other) => other === weight).length;
    expect(count).toBeGreaterThan(0);
    expect(count % 8).toBe(0);
  }
});

it('counts all bits alike where weights would come to too much', () => {
  const alike = new Float32Array(1000).fill(-1).fill(3, 0, 500);
  expect(prefixWeights(alike)).toEqual(Int8Array.from(alike, Math.sign));
  expect(1000).toBeLessThanOrEqual(largestTotalWeight);
  expect([...prefixWeights(new Float32Array(3))]).toEqual([0, 0, 0]);
});
