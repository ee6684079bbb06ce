import { describe, expect, it } from 'vitest';
import { sampleVectors } from './sample-vectors.ts';

async function* blocks(count: number, rows: number) {
  for (let b = 0; b < count; b++) {
    yield Array.from({ length: rows }, (_, i) => [b * rows + i, 1]);
  }
}

describe('sampleVectors', () => {
  it('keeps all vectors in order when they are few, and empty blocks do not matter', async () => {
    const { rows, columns, data } = await sampleVectors([
      [[1, 2]],
      [],
      [
        [3, 4],
        [5, 6],
      ],
    ]);
    expect([rows, columns, ...data]).toEqual([3, 2, 1, 2, 3, 4, 5, 6]);
  });

  it('keeps different vectors, each with the same chance', async () => {
    const hits = new Float64Array(50);
    for (let seed = 0; seed < 400; seed++) {
      const { data, rows } = await sampleVectors(blocks(5, 10), { size: 10, seed });
      const chosen = Array.from({ length: rows }, (_, i) => data[i * 2]);
      expect(new Set(chosen).size).toBe(10);
      for (const value of chosen) hits[value]++;
    }
    // 80 expected of each; the standard deviation is 8.
    expect(Math.min(...hits)).toBeGreaterThan(45);
    expect(Math.max(...hits)).toBeLessThan(115);
  });

  it('refuses nothing at all, and blocks that do not fit together; stops when aborted', async () => {
    await expect(sampleVectors([])).rejects.toMatchObject({ code: 'empty-input' });
    await expect(sampleVectors([[[1, 2]], [[1]]])).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await expect(sampleVectors(blocks(2, 2), { size: 0 })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(sampleVectors(blocks(2, 2), { signal })).rejects.toThrow('enough');
  });
});
