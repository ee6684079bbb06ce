import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { refineThresholds } from './refine-thresholds.ts';

const preset = await fitQuantizer(sample(500, 0.1, 1), {
  kind: 'median-per-side',
  bits: 20,
  queries: sample(300, 0.3, 2),
});
const own = sample(3000, -0.2, 3);

describe('refineThresholds', () => {
  it('is the preset without vectors', () => {
    for (const refined of [
      refineThresholds(preset, []),
      refineThresholds(preset, [], { queries: [] }),
    ]) {
      for (const side of ['document', 'query'] as const) {
        expect(refined.project(own, side)).toEqual(preset.project(own, side));
      }
    }
  });

  it.each(['mean', 'median', 'otsu', 'lloyd-max'] as const)(
    'is the fit of the data for many vectors: %s',
    async (kind) => {
      const refined = refineThresholds(
        await fitQuantizer(sample(500, 0.1, 1), { kind, bits: 20 }),
        own,
      );
      const fitted = await fitQuantizer(own, { kind, bits: 20 });
      expect(refined.kind).toBe(kind);
      const [a, b] = [refined, fitted].map((quantizer) => quantizer.project(own, 'document').data);
      expect(Math.max(...a.map((value, p) => Math.abs(value - b[p])))).toBeLessThan(0.01);
      expect(loadQuantizer(refined.save()).save()).toEqual(refined.save());
    },
  );

  it('moves the query side half as far, and to the queries when it has them', () => {
    const before = threshold(preset, 'query');
    const documentsMoved = threshold(refineThresholds(preset, own), 'document');
    const halfWay = before + (documentsMoved - threshold(preset, 'document')) / 2;
    expect(threshold(refineThresholds(preset, own), 'query')).toBeCloseTo(halfWay, 6);
    const withQueries = refineThresholds(preset, own, { queries: own });
    expect(threshold(withQueries, 'query')).toBeCloseTo(documentsMoved, 2);
  });

  it('refuses other kinds and other dimensions', async () => {
    const rotated = await fitQuantizer(own, { kind: 'pca', bits: 4 });
    expect(() => refineThresholds(rotated, own)).toThrow(/got kind "pca", expected one of mean,/);
    expect(() => refineThresholds(preset, [[1, 2]])).toThrow(/got 2 dimensions, expected 24/);
    expect(() => refineThresholds(preset, own, { queries: [[1, 2]] })).toThrow(/queries/);
  });
});

/** Of the first bit. */
function threshold(quantizer: Quantizer, side: Side): number {
  return -quantizer.project([new Float32Array(24)], side).data[0];
}

function sample(rows: number, offset: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: rows * 24 }, () => offset + gaussian(random));
  return { rows, columns: 24, data };
}
