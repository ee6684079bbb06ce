import { row } from '@bitryoshka/core';
import { VectorRows } from '@bitryoshka/core/internal';
import { expect, it } from 'vitest';
import { multiplyVectors } from './multiply-vectors.ts';

/** In a plane of five dimensions. */
const own = unitVectors(
  Array.from({ length: 300 }, (_, i) => [1 + Math.sin(i * i), Math.cos(3 * i), 0, 0, 0]),
);

it('begins with the vectors themselves, repeats none and leaves their plane to none', async () => {
  const many = (await multiplyVectors(own, 1500, {})).toMatrix();
  expect(many.rows).toBe(1500);
  for (const [p, value] of own.toMatrix().data.entries()) {
    expect(many.data[p]).toBeCloseTo(value, 6);
  }
  const rows = Array.from({ length: many.rows }, (_, i) => row(many, i));
  expect(new Set(rows.map((each) => each.join())).size).toBe(1500);
  for (const [x, y, ...rest] of rows) {
    expect(Math.hypot(x, y)).toBeCloseTo(1, 5);
    expect(rest).toEqual([0, 0, 0]);
  }
});

it('is the same each time, and stops when asked to', async () => {
  const [once, again] = [await multiplyVectors(own, 90, {}), await multiplyVectors(own, 90, {})];
  expect(again.toMatrix()).toEqual(once.toMatrix());
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(multiplyVectors(own, 90, { signal })).rejects.toThrow('enough');
});

function unitVectors(values: number[][]): VectorRows {
  const vectors = new VectorRows(5);
  for (const each of values) {
    const length = Math.hypot(...each);
    vectors.append({ rows: 1, columns: 5, data: Float32Array.from(each, (v) => v / length) });
  }
  return vectors;
}
