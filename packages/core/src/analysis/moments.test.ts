import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, toMatrix } from '../vectors/matrix.ts';
import { coMomentsOf, mergeCoMoments } from './co-moments.ts';
import type { Moments } from './moments.ts';
import { mergeMoments, momentsOf } from './moments.ts';

/** Vectors of three dimensions with means far from zero, and places to cut them. */
const cutVectors = fc.record({
  vectors: fc
    .array(
      fc.tuple(
        ...[-1, 0, 40].map((mean) =>
          fc.integer({ min: -999, max: 999 }).map((x) => mean + x / 500),
        ),
      ),
      {
        minLength: 1,
        maxLength: 70,
      },
    )
    .map((rows) => toMatrix(rows)),
  cuts: fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 4 }),
  reversed: fc.boolean(),
});

const runs = { seed: 1, numRuns: 200 };

describe('moments', () => {
  it('are those of the definition', () => {
    fc.assert(
      fc.property(cutVectors, ({ vectors }) => {
        expectClose(momentsOf(vectors), byDefinition(vectors));
      }),
      runs,
    );
  });

  it('of parts merge into those of the whole, in any order', () => {
    fc.assert(
      fc.property(cutVectors, ({ vectors, cuts, reversed }) => {
        const parts = cut(vectors, cuts).map(momentsOf);
        if (reversed) parts.reverse();
        expectClose(parts.reduce(mergeMoments), byDefinition(vectors));
      }),
      runs,
    );
  });
});

describe('co-moments', () => {
  it('of parts merge into those of the whole, at any scale of a column', () => {
    fc.assert(
      fc.property(cutVectors, fc.constantFrom(1, 1e-20, 1e20), ({ vectors, cuts }, scale) => {
        const scaled = {
          ...vectors,
          data: vectors.data.map((x, p) => (p % 3 === 1 ? x * scale : x)),
        };
        let before = momentsOf(rowRange(scaled, 0, 0));
        const sums = new Float64Array(9);
        for (const part of cut(scaled, cuts)) {
          const moments = momentsOf(part);
          mergeCoMoments(sums, coMomentsOf(part, moments), [before, moments]);
          before = mergeMoments(before, moments);
        }
        const { mean, power2 } = byDefinition(scaled);
        for (let a = 0; a < 3; a++) {
          for (let b = 0; b < 3; b++) {
            let expected = 0;
            for (let i = 0; i < scaled.rows; i++) {
              expected += (scaled.data[i * 3 + a] - mean[a]) * (scaled.data[i * 3 + b] - mean[b]);
            }
            const size = Math.sqrt(power2[a] * power2[b]) || 1;
            expect(Math.abs(sums[a * 3 + b] - expected) / size).toBeLessThan(1e-5);
          }
        }
      }),
      runs,
    );
  });
});

function cut(vectors: Matrix, cuts: readonly number[]): Matrix[] {
  const places = [0, ...cuts.map((at) => Math.min(at, vectors.rows)), vectors.rows];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, i) => rowRange(vectors, places[i], end));
}

function byDefinition(vectors: Matrix): Moments {
  const columns = Array.from({ length: vectors.columns }, (_, j) =>
    Array.from({ length: vectors.rows }, (_, i) => vectors.data[i * vectors.columns + j]),
  );
  const mean = Float64Array.from(columns, (column) => sum(column) / vectors.rows);
  const powers = [2, 3, 4].map((power) =>
    Float64Array.from(columns, (column, j) => sum(column.map((x) => (x - mean[j]) ** power))),
  );
  return { count: vectors.rows, mean, power2: powers[0], power3: powers[1], power4: powers[2] };
}

function expectClose(got: Moments, expected: Moments): void {
  expect(got.count).toBe(expected.count);
  for (const name of ['mean', 'power2', 'power3', 'power4'] as const) {
    got[name].forEach((value, j) => {
      expect(Math.abs(value - expected[name][j])).toBeLessThan(
        1e-9 * (1 + expected.power4[j] + Math.abs(expected.mean[j])),
      );
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
