import { expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';

const random = seededRandom(1);
const vectors = Array.from({ length: 101 }, () => [random() ** 3, random(), 1]);

function fitQuantile(quantile: number | undefined, queries?: number[][]) {
  const thresholds = { rule: 'quantile', quantile } as const;
  return fitQuantizer(vectors, { kind: 'thresholds', bits: 2, queries, thresholds });
}

it.each([0, 0.25, 0.9, 1])('leaves a share of %d of the documents below', async (quantile) => {
  const quantizer = await fitQuantile(quantile);
  const { data } = quantizer.project(vectors, 'document');
  for (const bit of [0, 1]) {
    const above = data.filter((value, i) => i % 2 === bit && value > 0).length;
    expect(above).toBe(100 - Math.round(100 * quantile));
  }
  expect(loadQuantizer(quantizer.save()).save()).toEqual(quantizer.save());
});

it('is the median at one half, on both sides', async () => {
  const queries = vectors.map(([a, b, c]) => [b, a, c]);
  const quantizer = await fitQuantile(0.5, queries);
  const median = await fitQuantizer(vectors, { kind: 'median', bits: 2, queries });
  for (const side of ['document', 'query'] as const) {
    expect(quantizer.project(vectors, side)).toEqual(median.project(vectors, side));
  }
});

it('refuses what is no share, and a share for other rules', async () => {
  for (const quantile of [-0.1, 1.1, Number.NaN, undefined]) {
    await expect(fitQuantile(quantile)).rejects.toMatchObject({ code: 'invalid-option' });
  }
  const median = { kind: 'median', bits: 2, thresholds: { quantile: 0.4 } } as const;
  await expect(fitQuantizer(vectors, median)).rejects.toThrow(/thresholds.quantile: got 0.4/);
});

it('knows no side of zero', async () => {
  const sign = { kind: 'sign', bits: 2, thresholds: { perSide: true } } as const;
  await expect(fitQuantizer(vectors, sign)).rejects.toThrow(/thresholds.perSide: got true/);
});
