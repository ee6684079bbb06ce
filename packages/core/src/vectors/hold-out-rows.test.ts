import { expect, it } from 'vitest';
import { holdOutRows } from './hold-out-rows.ts';
import type { Matrix } from './matrix.ts';
import { seededRandom } from './random.ts';

it.each([
  [0, 0],
  [9, 0],
  [10, 1],
  [99, 9],
  [1000, 25],
])('of %d rows sets %d aside', (rows, count) => {
  const { heldOut, kept } = draw(rows, 1);
  expect(heldOut).toHaveLength(count);
  for (const part of [heldOut, kept]) expect(part).toEqual(part.toSorted());
  expect([...heldOut, ...kept].sort((a, b) => a - b)).toEqual([...numbered(rows).data]);
});

it('depends on the seed alone', () => {
  expect(draw(300, 1)).toEqual(draw(300, 1));
  expect(draw(300, 1)).not.toEqual(draw(300, 2));
  // What is learned with a seed is published with it.
  expect([...draw(300, 1).heldOut.subarray(0, 5)]).toEqual([1, 24, 65, 86, 87]);
});

/** The numbers of the rows. */
function draw(rows: number, seed: number) {
  const share = { share: 0.1, most: 25 };
  const { heldOut, kept } = holdOutRows(numbered(rows), share, seededRandom(seed));
  return { heldOut: heldOut.data, kept: kept.data };
}

/** Rows that hold their numbers. */
function numbered(rows: number): Matrix {
  return { rows, columns: 1, data: Float32Array.from({ length: rows }, (_, i) => i) };
}
