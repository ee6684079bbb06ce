import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { RowSample } from './row-sample.ts';

/** Rows that say where they were. */
function numbered(rows: number, first = 0): Matrix {
  return { rows, columns: 1, data: Float32Array.from({ length: rows }, (_, i) => first + i) };
}

function sample(vectors: Matrix, capacity: number, seed = 1): RowSample {
  const rows = new RowSample(1, capacity, seed);
  rows.add(vectors, 0);
  return rows;
}

function values(rows: RowSample): number[] {
  return [...rows.sampled().rows.data];
}

describe('RowSample', () => {
  it.each([0, 1, 63, 64, 65, 100])('is everything while %i rows fit', (rows) => {
    expect(values(sample(numbered(rows), 100)).sort((a, b) => a - b)).toEqual([
      ...numbered(rows).data,
    ]);
  });

  it.each([1, 7, 100, 999])('does not depend on blocks of %i rows', (blockRows) => {
    const stream = numbered(5000);
    const inBlocks = new RowSample(1, 100, 1);
    for (let start = 0; start < stream.rows; start += blockRows) {
      inBlocks.add(rowRange(stream, start, Math.min(stream.rows, start + blockRows)), start);
      // Looking at it must not change it.
      inBlocks.sampled();
    }
    expect(inBlocks.sampled()).toEqual(sample(stream, 100).sampled());
    expect(values(inBlocks)).toHaveLength(100);
    expect(values(inBlocks)).not.toEqual(values(sample(stream, 100, 2)));
  });

  it('takes every part of the stream equally often, also after a merge of unequal parts', () => {
    const merged = sample(numbered(2000), 1000, 1);
    merged.merge(sample(numbered(6000, 2000), 1000, 2).sampled());
    for (const rows of [sample(numbered(8000), 1000), merged]) {
      const eighths = [0, 0, 0, 0, 0, 0, 0, 0];
      for (const value of values(rows)) eighths[Math.floor(value / 1000)]++;
      expect(eighths.reduce((a, b) => a + b)).toBe(1000);
      // Expected 125 each, with a standard deviation of 10.
      for (const count of eighths) expect(Math.abs(count - 125)).toBeLessThan(40);
    }
  });
});
