import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { RowSet } from './row-set.ts';
import type { VectorIndex } from './vector-index.ts';

const dimensions = 24;

/** What every index must do; `create` makes an empty one for vectors of 24 dimensions. */
export function vectorIndexSuite(create: () => Promise<VectorIndex>): void {
  const random = seededRandom(11);
  const vectors = Array.from({ length: 300 }, () =>
    Array.from({ length: dimensions }, () => gaussian(random)),
  );

  describe('search', () => {
    it('finds every vector by itself, with cosine 1', async () => {
      const index = await filled();
      for (const [i, vector] of vectors.entries()) {
        const [best] = index.search(vector, { k: 1 });
        expect(best?.row).toBe(i);
        expect(best?.score).toBeCloseTo(1, 5);
      }
    });

    it('ignores lengths', async () => {
      const index = await filled();
      const query = vectors[7].map((value) => value * 1e-3);
      expect(index.search(query, { k: 3 }).map(({ row }) => row)).toEqual(
        index.search(vectors[7], { k: 3 }).map(({ row }) => row),
      );
    });

    it('returns best first, lower rows first among equals, and all rows when k is larger', async () => {
      const index = await create();
      index.add([vectors[0], vectors[1], vectors[0], vectors[2], vectors[0]]);
      const found = index.search(vectors[0], { k: 99 });
      expect(found.map(({ row }) => row).slice(0, 3)).toEqual([0, 2, 4]);
      expect(found).toHaveLength(5);
      expect(found.map(({ score }) => score)).toEqual(
        found.map(({ score }) => score).sort((a, b) => b - a),
      );
      expect(index.search(vectors[0], { k: 0 })).toEqual([]);
    });

    it('is empty for an empty index', async () => {
      expect((await create()).search(vectors[0], { k: 4 })).toEqual([]);
    });

    it('returns k allowed rows whenever there are k', async () => {
      const index = await filled();
      const allowed = RowSet.where(300, (row) => row % 50 === 3);
      const rows = index.search(vectors[0], { k: 6, allowed }).map(({ row }) => row);
      expect(rows.sort((a, b) => a - b)).toEqual([3, 53, 103, 153, 203, 253]);
      expect(index.search(vectors[0], { k: 6, allowed: new RowSet() })).toEqual([]);
    });

    it('refuses queries of another dimension, non-finite queries and impossible k', async () => {
      const index = await filled();
      const query = vectors[0];
      expect(() => index.search([1, 2], { k: 1 })).toThrow(/got 2 dimensions, expected 24/);
      expect(() => index.search(query.with(3, Number.NaN), { k: 1 })).toThrow(
        /got NaN at dimension 3/,
      );
      for (const k of [-1, 1.5, Number.NaN]) {
        expect(() => index.search(query, { k })).toThrow(/k: got/);
      }
    });
  });

  describe('add', () => {
    it('finds the same rows however the vectors were portioned', async () => {
      const whole = await filled();
      const portioned = await create();
      for (let i = 0; i < 300; i += 7) portioned.add(vectors.slice(i, i + 7));
      expect(portioned.rows).toBe(300);
      expect(portioned.search(vectors[5], { k: 20 })).toEqual(whole.search(vectors[5], { k: 20 }));
    });

    it('adds nothing when one vector is wrong', async () => {
      const index = await filled();
      expect(() => index.add([vectors[0], [1, 2, 3]])).toThrow(/got 3 dimensions, expected 24/);
      expect(() => index.add([vectors[0], vectors[1].with(0, Infinity)])).toThrow(/Infinity/);
      expect(index.rows).toBe(300);
    });

    it('keeps the vectors at unit length', async () => {
      const index = await create();
      index.add([vectors[0], new Float32Array(dimensions)]);
      expect(Math.hypot(...index.vector(0))).toBeCloseTo(1, 6);
      expect(Math.hypot(...index.vector(1))).toBe(0);
      expect([...index.blocks()].map(({ rows }) => rows)).toEqual([2]);
    });
  });

  it('select keeps the named rows, renumbered', async () => {
    const index = (await filled()).select([4, 2, 299]);
    expect(index.rows).toBe(3);
    expect(index.search(vectors[2], { k: 1 })[0]?.row).toBe(1);
    expect(index.search(vectors[299], { k: 1 })[0]?.row).toBe(2);
  });

  async function filled(): Promise<VectorIndex> {
    const index = await create();
    index.add(vectors);
    return index;
  }
}
