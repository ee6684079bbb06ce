import { expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';
import { fitQuantileQuantizer } from './fit-quantile-quantizer.ts';

const random = seededRandom(1);
const vectors = Array.from({ length: 101 }, () => [random() ** 3, random(), 1]);

it.each([0, 0.25, 0.9, 1])('leaves a share of %d of the documents below', async (quantile) => {
  const quantizer = await fitQuantileQuantizer(vectors, { bits: 2, quantile });
  const { data } = quantizer.project(vectors, 'document');
  for (const bit of [0, 1]) {
    const above = data.filter((value, i) => i % 2 === bit && value > 0).length;
    expect(above).toBe(100 - Math.round(100 * quantile));
  }
  expect(loadQuantizer(quantizer.save()).save()).toEqual(quantizer.save());
});

it('is the median at one half, on both sides', async () => {
  const queries = vectors.map(([a, b, c]) => [b, a, c]);
  const quantizer = await fitQuantileQuantizer(vectors, { bits: 2, quantile: 0.5, queries });
  const median = await fitQuantizer(vectors, { kind: 'median', bits: 2, queries });
  for (const side of ['document', 'query'] as const) {
    expect(quantizer.project(vectors, side)).toEqual(median.project(vectors, side));
  }
});

it('refuses what is no share, and no vectors', async () => {
  for (const quantile of [-0.1, 1.1, Number.NaN]) {
    await expect(fitQuantileQuantizer(vectors, { bits: 2, quantile })).rejects.toMatchObject({
      code: 'invalid-option',
    });
  }
  await expect(fitQuantileQuantizer([], { bits: 2, quantile: 0.5 })).rejects.toMatchObject({
    code: 'empty-input',
  });
});
