import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import type { StoredVectors } from './stored-vectors.ts';

export interface StoredVectorsSuiteOptions {
  /** How far a value of a unit vector may be off. */
  readonly tolerance: number;
  /** Decimal places of a score that are right. Default: 5; fewer where queries are rounded. */
  readonly places?: number;
}

/** What every store of vectors must do; `create` makes an empty one. */
export function storedVectorsSuite(
  create: (dimensions: number) => StoredVectors,
  { tolerance, places = 5 }: StoredVectorsSuiteOptions,
): void {
  describe.each([1, 2, 3, 7, 24, 129])('vectors of %i dimensions', (dimensions) => {
    const vectors = unitVectors(5000, dimensions);
    const query = row(unitVectors(1, dimensions, 5), 0);

    it('come back as they were, nearly', () => {
      const stored = filled();
      expect(stored.rows).toBe(5000);
      expect(stored.dimensions).toBe(dimensions);
      for (const i of [0, 1, 4095, 4096, 4999]) expectClose(stored.at(i), row(vectors, i));
    });

    it('are scored as what they come back as', () => {
      const stored = filled();
      const rows = [4999, 0, 4096, 17, 17, 16, 18, 2500];
      const scores = stored.scores(rows, query);
      expect(scores).toHaveLength(rows.length);
      for (const [i, number] of rows.entries()) {
        const vector = stored.at(number);
        // What is estimated is made up for what of the vector did not come back.
        const kept = stored.isEstimating ? dot(vector, row(vectors, number)) : 1;
        const score = dot(vector, query) / kept;
        expect(scores[i]).toBeCloseTo(Math.max(-1, Math.min(1, score)), places);
      }
      expect(stored.scores([], query)).toHaveLength(0);
    });

    it('are scored alike where they are equal, estimates never above that of a copy', () => {
      const stored = filled();
      const copies = rowRange(vectors, 17, 18);
      stored.append(copies);
      const all = Array.from({ length: 5001 }, (_, i) => i);
      const found = stored.scores(all, row(vectors, 17));
      expect(found[5000]).toBe(found[17]);
      if (stored.isEstimating) {
        expect(found[17]).toBe(1);
        expect(Math.max(...found)).toBe(1);
      }
      const other = stored.scores([5000, 3, 17], query);
      expect(other[0]).toBe(other[2]);
    });

    it('come in blocks, all of them', () => {
      const stored = filled();
      let rows = 0;
      for (const block of stored.blocks()) {
        for (let i = 0; i < block.rows; i += 997) {
          expect(row(block, i)).toEqual(stored.at(rows + i));
        }
        rows += block.rows;
      }
      expect(rows).toBe(5000);
      expect([...create(dimensions).blocks()]).toEqual([]);
    });

    it('are taken over as they are stored', () => {
      const stored = filled();
      const other = create(dimensions);
      other.append(rowRange(vectors, 7, 8));
      other.appendFrom(stored, [4999, 3, 3]);
      other.appendFrom(stored, []);
      expect(other.rows).toBe(4);
      expect([0, 1, 2, 3].map((i) => other.at(i))).toEqual(
        [7, 4999, 3, 3].map((i) => stored.at(i)),
      );
    });

    it('come back from bytes as they are stored', () => {
      const stored = filled();
      if (!stored.encoded) return;
      const other = create(dimensions);
      other.append(rowRange(vectors, 0, 3));
      // Across the ends of chunks.
      other.appendEncoded?.(stored.encoded(Array.from({ length: 5000 }, (_, i) => i)));
      other.append(rowRange(vectors, 0, 1));
      expect(other.rows).toBe(5004);
      for (let i = 0; i < 5000; i++) expect(other.at(3 + i)).toEqual(stored.at(i));
      expect(other.at(5003)).toEqual(stored.at(0));
    });

    it('may be all zero', () => {
      const stored = create(dimensions);
      stored.append(zeros(2, dimensions));
      expect(stored.at(1)).toEqual(new Float32Array(dimensions));
      expect([...stored.scores([0, 1], query)].map(Math.abs)).toEqual([0, 0]);
    });

    function filled(): StoredVectors {
      const stored = create(dimensions);
      for (let start = 0; start < 5000; start += 1111) {
        stored.append(rowRange(vectors, start, Math.min(5000, start + 1111)));
      }
      return stored;
    }
  });

  function expectClose(got: Float32Array, expected: Float32Array): void {
    expect(got).toHaveLength(expected.length);
    for (const [j, value] of expected.entries()) {
      expect(Math.abs((got[j] as number) - value)).toBeLessThanOrEqual(tolerance);
    }
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => sum + value * b[j], 0);
}

function unitVectors(rows: number, columns: number, seed = 4): Matrix {
  const random = seededRandom(seed);
  const matrix = zeros(rows, columns);
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] = gaussian(random);
  return normalizeRows(matrix);
}
