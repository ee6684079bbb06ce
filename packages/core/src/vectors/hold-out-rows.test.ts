import { expect, it } from 'vitest';
import { holdOutRows } from './hold-out-rows.ts';
import { seededRandom } from './random.ts';

it.each([
  [0, 0],
  [9, 0],
  [10, 1],
  [99, 9],
  [1000, 25],
])('of %d rows sets %d aside', (rows, count) => {
  const { heldOut, kept } = holdOutRows(rows, { share: 0.1, most: 25 }, seededRandom(1));
  expect(heldOut).toHaveLength(count);
  for (const part of [heldOut, kept]) expect(part).toEqual(part.toSorted());
  expect([...heldOut, ...kept].sort((a, b) => a - b)).toEqual(
    Array.from({ length: rows }, (_, i) => i),
  );
});

it('depends on the seed alone', () => {
  const draw = (seed: number) => holdOutRows(300, { share: 0.1, most: 25 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  // What is learned with a seed is published with it.
  expect([...draw(1).heldOut.subarray(0, 5)]).toEqual([1, 24, 65, 86, 87]);
});
