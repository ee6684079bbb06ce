import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { BinaryIndex } from './binary-index.ts';
import { RowSet } from './rows/row-set.ts';

const dimensions = 24;

/** Where vectors are kept: each gives its own scores. */
const storages = ['float32', 'float16', 'int8', 'int4', 'int2'] as const;

/**
 * What every index must do, whatever finds candidates and wherever vectors are.
 *
 * @param create makes an empty one for vectors of 24 dimensions
 * @param exhaustive options with which a search leaves nothing out
 */
export function binaryIndexSuite(
  create: (storage?: (typeof storages)[number]) => Promise<BinaryIndex>,
  exhaustive: object = {},
): void {
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
        expect(best?.score).toBe(1);
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

  describe('update', () => {
    it('gives a row another vector and keeps its number', async () => {
      const index = await filled();
      index.update(
        7,
        vectors[299].map((value) => -value),
      );
      expect(index.rows).toBe(300);
      expect(
        index.search(
          vectors[299].map((value) => -value),
          { k: 1 },
        )[0]?.row,
      ).toBe(7);
      expect(index.search(vectors[7], { k: 300 }).filter(({ row }) => row === 7)).toHaveLength(1);
      expect(index.vector(7)[3]).toBeCloseTo(-index.vector(299)[3], 6);
    });

    it('puts the row behind its equals', async () => {
      const index = await create();
      index.add([vectors[0], vectors[0], vectors[0]]);
      index.update(0, vectors[0]);
      expect(index.search(vectors[0], { k: 3 }).map(({ row }) => row)).toEqual([1, 2, 0]);
    });

    it('refuses rows that are not there and vectors that do not fit, and changes nothing', async () => {
      const index = await filled();
      index.delete([5]);
      for (const row of [5, 300, -1, 0.5]) {
        expect(() => index.update(row, vectors[0])).toThrow(/row: got .*, expected the number/);
        expect(() => index.vector(row)).toThrow(/row: got/);
      }
      expect(() => index.update(6, [1])).toThrow(/got 1 dimensions, expected 24/);
      expect(index.search(vectors[6], { k: 1 })[0]?.row).toBe(6);
      expect(index.rows).toBe(299);
    });
  });

  describe('delete', () => {
    it('forgets rows, and never uses their numbers again', async () => {
      const index = await filled();
      expect(index.delete([299, 3, 3, 1000])).toBe(2);
      expect(index.rows).toBe(298);
      expect([index.has(3), index.has(4)]).toEqual([false, true]);
      expect(index.search(vectors[3], { k: 300 }).some(({ row }) => row === 3)).toBe(false);
      expect(index.add([vectors[3]])).toBe(300);
      expect(index.search(vectors[3], { k: 1 })[0]?.row).toBe(300);
      expect([...index.blocks()].reduce((sum, { rows }) => sum + rows, 0)).toBe(299);
    });

    it.each([[[0, null]], [[1, 1.5]], [['3']], ['12'], [[2, -1]], [[Number.NaN]], [7], [null]])(
      'refuses %j, which names no rows, before anything changes',
      async (rows) => {
        const index = await filled();
        expect(() => index.delete(rows as number[])).toThrow(
          expect.objectContaining({ code: 'invalid-option' }),
        );
        expect(index.rows).toBe(300);
        expect(() => index.update(1.5, vectors[0])).toThrow(
          expect.objectContaining({ code: 'invalid-option' }),
        );
        expect(index.search(vectors[1], { k: 1 })[0]?.row).toBe(1);
      },
    );

    it('leaves nothing when all is deleted', async () => {
      const index = await create();
      for (let round = 0; round < 4; round++) {
        const first = index.add(vectors);
        expect(first).toBe(round * 300);
        index.delete(Array.from({ length: 300 }, (_, i) => first + i));
        expect([index.rows, index.search(vectors[0], { k: 5 })]).toEqual([0, []]);
        expect([...index.blocks()]).toEqual([]);
      }
    });
  });

  it.each(storages)(
    'finds what a naive model finds, whatever was changed before, with vectors as %s',
    async (storage) => {
      const index = await create(storage);
      const steps = storage === 'float32' ? 3000 : 600;
      const model = new Map<number, number[]>();
      const draw = () => vectors[Math.floor(random() * 40)];
      const anyRow = () => [...model.keys()][Math.floor(random() * model.size)];
      for (let step = 0; step < steps; step++) {
        const kind = random();
        const phase = Math.floor((4 * step) / steps) % 2 === 0 ? 0.55 : 0.35;
        if (kind < phase || model.size === 0) {
          const added = Array.from({ length: 1 + Math.floor(random() * 3) }, draw);
          const first = index.add(added);
          for (const [i, vector] of added.entries()) model.set(first + i, vector);
        } else if (kind < 0.65) {
          const row = anyRow();
          const vector = draw();
          index.update(row, vector);
          model.delete(row);
          model.set(row, vector);
        } else if (kind < 0.97) {
          const rows = Array.from({ length: 1 + Math.floor(random() * 4) }, anyRow);
          index.delete(rows);
          for (const row of rows) model.delete(row);
        } else {
          const query = vectors[Math.floor(random() * 300)];
          const allowed =
            random() < 0.5
              ? RowSet.of([...model.keys()].filter((row) => row % 3 === 0))
              : undefined;
          const k = Math.floor(random() * 30);
          const expected = new BinaryIndex({ dimensions, storage });
          const rows = [...model.keys()].filter((row) => allowed?.has(row) ?? true);
          expected.add(rows.map((row) => model.get(row) as number[]));
          const options = { k, allowed, ...exhaustive };
          const wanted = expected
            .search(query, { k })
            .map(({ row, score }) => ({ row: rows[row], score }));
          expect(index.search(query, options)).toEqual(wanted);
          expect(index.searchBatch([query, query], options)).toEqual([wanted, wanted]);
          expect(await index.searchAsync(query, options)).toEqual(wanted);
          expect(index.snapshot().search(query, options)).toEqual(wanted);
          expect(index.view().search(query, options)).toEqual(wanted);
        }
        expect(index.rows).toBe(model.size);
      }
    },
  );

  it('select keeps the named rows, renumbered', async () => {
    const index = (await filled()).select([4, 2, 299]);
    expect(index.rows).toBe(3);
    expect(index.search(vectors[2], { k: 1 })[0]?.row).toBe(1);
    expect(index.search(vectors[299], { k: 1 })[0]?.row).toBe(2);
  });

  async function filled(): Promise<BinaryIndex> {
    const index = await create();
    index.add(vectors);
    return index;
  }
}
