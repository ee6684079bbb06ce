import { describe, expect, it } from 'vitest';
import { dotProduct } from '../kernels/dot-product.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { nearestDocuments, nearestNeighbours } from './exact-neighbours.ts';

// More than are compared at a time, on both sides; the last hundred are the first ones again.
const vectors = randomVectors(1300, 1);
vectors.data.copyWithin(1200 * 12, 0, 100 * 12);
const queries = randomVectors(150, 2);

describe('nearestDocuments', () => {
  it('finds what sorting all products finds, best first, of equal ones the first', async () => {
    const nearest = await nearestDocuments(queries, vectors, 7);
    for (let i = 0; i < queries.rows; i += 3) {
      expect([...nearest.subarray(i * 7, i * 7 + 7)]).toEqual(sorted(queries, i).slice(0, 7));
    }
  });

  it('finds all where there are no more', async () => {
    expect(await nearestDocuments(queries, randomVectors(3, 3), 5)).toHaveLength(150 * 3);
  });
});

describe('nearestNeighbours', () => {
  it('finds what sorting all products finds, each row itself left out, or rows that are equal', async () => {
    const neighbours = await nearestNeighbours(vectors, 7);
    for (let i = 0; i < vectors.rows; i += 13) {
      const found = [...neighbours.subarray(i * 7, i * 7 + 7)];
      expect(found).not.toContain(i);
      expect(new Set(found).size).toBe(7);
      const products = productsOf(vectors, i);
      const expected = sorted(vectors, i).filter((j) => j !== i);
      expect(found.map((j) => products[j]).sort((x, y) => y - x)).toEqual(
        expected.slice(0, 7).map((j) => products[j]),
      );
    }
  });

  it('has no more neighbours than there are others', async () => {
    expect(await nearestNeighbours(randomVectors(3, 4), 9)).toHaveLength(6);
    expect(await nearestNeighbours(randomVectors(1, 4), 9)).toHaveLength(0);
  });

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(nearestNeighbours(vectors, 7, { signal })).rejects.toThrow('enough');
  });
});

/** All rows of the vectors, by their products with row `i` of others. */
function sorted(others: Matrix, i: number): number[] {
  const products = productsOf(others, i);
  return [...products.keys()].sort((a, b) => products[b] - products[a] || a - b);
}

function productsOf(others: Matrix, i: number): Float32Array {
  return Float32Array.from({ length: vectors.rows }, (_, j) =>
    dotProduct(vectors.data, j * vectors.columns, row(others, i)),
  );
}

function randomVectors(rows: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: rows * 12 }, () => gaussian(random));
  return normalizeRows({ rows, columns: 12, data });
}
