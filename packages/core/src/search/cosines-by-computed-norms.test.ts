import { describe, expect, it } from 'vitest';
import { seededRandom } from '../vectors/random.ts';
import { cosinesByComputedNorms } from './cosines-by-computed-norms.ts';
import { TopRows } from './top-rows.ts';

const range = [0.6, 0.9] as const;

describe.each([
  ['of both signs', -1, 1],
  ['below zero', -1, 0],
  ['above zero', 0, 1],
  ['nearly alike', 0.5, 0.501],
])('products %s', (_, low, high) => {
  const random = seededRandom(4);
  const products = Float32Array.from({ length: 1000 }, () => low + (high - low) * random());
  // Some lie beyond the range.
  const norms = Float32Array.from({ length: 1000 }, () => 0.55 + 0.4 * random());
  const all = Float32Array.from(
    products,
    (product, i) => product * (1 / Math.min(range[1], Math.max(range[0], norms[i]))),
  );
  const bestOf = (scores: ArrayLike<number>, count: number) => {
    const top = new TopRows(count);
    for (let i = 0; i < scores.length; i++) top.offer(i, scores[i]);
    return top.rows();
  };

  it.each([0, 1, 10, 100, 999, 1000, 2000])('have the same best %d', (count) => {
    const best = new TopRows(count);
    let computed = 0;
    const cosines = cosinesByComputedNorms(products, best, range, (items) => {
      computed += items.length;
      return Float32Array.from(items, (item) => norms[item]);
    });
    expect(bestOf(cosines, count)).toEqual(bestOf(all, count));
    expect(computed).toBeLessThanOrEqual(count === 0 ? 0 : 1000);
    // Of those alike there are many that might be best.
    if (count <= 10 && high - low > 0.1) expect(computed).toBeLessThan(300);
  });

  it('need fewer lengths when better ones were found before', () => {
    const best = new TopRows(10);
    for (let i = 0; i < 10; i++) best.offer(i, 5);
    const none = () => {
      throw new Error('a length was computed');
    };
    const cosines = cosinesByComputedNorms(products, best, range, none);
    expect(cosines.every((cosine, i) => cosine <= all[i])).toBe(true);
  });
});

it('knows lengths of zero', () => {
  const products = Float32Array.of(0, -1, 1);
  const norms = () => new Float32Array(3);
  for (const range of [[0, 1] as const, [0, 0] as const]) {
    expect([...cosinesByComputedNorms(products, new TopRows(3), range, norms)]).toEqual([0, 0, 0]);
  }
});
