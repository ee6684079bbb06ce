import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import type { FitOptions } from './fit.ts';
import { fitQuantizer } from './fit.ts';
import { loadQuantizer } from './load.ts';

describe('fits are held against plain rotations', () => {
  it('the report is kept with the quantizer', async () => {
    const quantizer = await fitQuantizer(spread(1000, 0), { kind: 'learned', bits: 16 });
    const { fitReport } = quantizer;
    expect(fitReport).toMatchObject({ asked: quantizer.kind, taken: quantizer.kind });
    expect(fitReport?.questions).toBe(50);
    expect(fitReport?.documents).toBe(950);
    expect(Object.keys(fitReport?.recall ?? {})).toEqual([quantizer.kind, 'itq', 'random']);
    expect(loadQuantizer(quantizer.save()).fitReport).toEqual(fitReport);
  });

  it('codes that find less than those of ITQ are replaced by these', async () => {
    // Far from the origin, signs are the same for all.
    const vectors = spread(1000, 30);
    const quantizer = await fitQuantizer(vectors, { kind: 'sign', bits: 16, check: true });
    expect(quantizer.kind).toBe('itq');
    const { asked, taken, recall } = quantizer.fitReport ?? {};
    expect([asked, taken]).toEqual(['sign', 'itq']);
    expect(recall?.itq).toBeGreaterThan((recall?.sign ?? 1) + 0.1);
    expect(loadQuantizer(quantizer.save()).fitReport).toEqual(quantizer.fitReport);
  });

  it('vectors beyond the sample are asked, so that none is missed in learning', async () => {
    const options = { kind: 'itq', bits: 16, sampleSize: 600 } as const;
    const vectors = spread(1000, 0);
    const { fitReport } = await fitQuantizer(vectors, { ...options, check: true });
    expect(fitReport?.questions).toBe(200);
    expect(fitReport?.documents).toBe(600);
  });

  it('few vectors are all learned from', async () => {
    const { fitReport } = await fitQuantizer(spread(399, 0), { kind: 'learned', bits: 16 });
    expect(fitReport).toBeUndefined();
  });

  it('no check where none is wanted, and none of codes that nothing decodes', async () => {
    const vectors = spread(500, 0);
    const options = { kind: 'learned', bits: 16 } as const;
    expect((await fitQuantizer(vectors, { ...options, check: false })).fitReport).toBeUndefined();
    const undecoded = { kind: 'itq', bits: 16, decoder: false } as const;
    expect((await fitQuantizer(vectors, undecoded)).fitReport).toBeUndefined();
    await expect(fitQuantizer(vectors, { ...undecoded, check: true })).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });
});

/** Vectors of unequal spread, all of them moved. */
function spread(rows: number, offset: number): Matrix {
  const random = seededRandom(1);
  const vectors = zeros(rows, 24);
  for (let p = 0; p < vectors.data.length; p++) {
    vectors.data[p] = offset + gaussian(random) / (1 + 0.1 * (p % 24));
  }
  return vectors;
}

describe('the check heeds what was asked for', () => {
  it('long random codes are not held against short ones of their own kind', async () => {
    const options = { kind: 'random', bits: 96, check: true } as const;
    const { bits, kind, fitReport } = await fitQuantizer(spread(1000, 0), options);
    expect([kind, bits]).toEqual(['random', 96]);
    expect(Object.keys(fitReport?.recall ?? {})).toEqual(['random', 'itq']);
    expect(fitReport?.recall.random).toBeGreaterThan(fitReport?.recall.itq ?? 1);
  });

  it('no more vectors are learned from than sampleSize', async () => {
    const vectors = spread(1000, 0);
    const options = { kind: 'learned', bits: 16, sampleSize: 100 } as const;
    const { fitReport } = await fitQuantizer(vectors, options);
    expect(fitReport).toBeUndefined();
    for (const sampleSize of [0, -1, 1.5]) {
      const wrong = fitQuantizer(vectors, { ...options, sampleSize });
      await expect(wrong).rejects.toThrow(`got ${sampleSize}`);
    }
  });

  it('options that a family has not are refused', async () => {
    const vectors = spread(100, 0);
    for (const wrong of [
      { kind: 'learned', learned: { nested: [4] } },
      { kind: 'residual', residual: { fistBits: 8 } },
      { kind: 'rotation', rotation: { bassis: 'pca' } },
      { kind: 'rotation', rotation: [] },
      { kind: 'itq', rotation: { nested: 8 } },
    ]) {
      const options = { ...wrong, bits: 16 } as unknown as FitOptions;
      await expect(fitQuantizer(vectors, options)).rejects.toMatchObject({
        code: 'invalid-option',
      });
    }
  });
});
