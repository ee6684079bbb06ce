import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { layoutCandidates } from './layout-candidates.ts';
import { planLayout } from './plan-layout.ts';

/** Columns whose spread falls by a tenth each. */
function steep(rows: number, columns: number): Matrix {
  const random = seededRandom(4);
  const values = zeros(rows, columns);
  for (let p = 0; p < values.data.length; p++) {
    values.data[p] = gaussian(random) * 0.9 ** (p % columns);
  }
  return values;
}

describe('layoutCandidates', () => {
  it('spend exactly the budget, on dimensions that exist', () => {
    for (const dimensions of [1, 2, 7, 33, 70]) {
      const spreads = Array.from({ length: dimensions }, (_, i) => 0.9 ** i);
      for (let bits = 1; bits <= dimensions; bits++) {
        const candidates = layoutCandidates(spreads, bits);
        expect(new Set(candidates.map(({ name }) => name)).size).toBe(candidates.length);
        for (const { segments } of candidates) {
          expect(segments.reduce((sum, segment) => sum + segment.bits, 0)).toBe(bits);
          const used = segments.reduce((sum, segment) => sum + segment.dimensions, 0);
          expect(used).toBeLessThanOrEqual(dimensions);
        }
      }
    }
  });

  it('cover every family where there is room', () => {
    const families = layoutCandidates(new Float32Array(96).fill(1), 48).map(({ family }) => family);
    expect(new Set(families)).toEqual(new Set(['truncation', 'thermometer', 'groups', 'mixed']));
  });

  it('also for dimensions that do not vary', () => {
    expect(layoutCandidates([0, 0, 0], 2).length).toBeGreaterThan(0);
  });
});

describe('planLayout', () => {
  it('gives leading dimensions more bits where they hold most of the spread', async () => {
    const { layout, candidates } = await planLayout(steep(1000, 64), { bits: 32 });
    expect(layout.family).toBe('thermometer');
    const truncation = candidates.find(({ family }) => family === 'truncation');
    expect(layout.recall).toBeGreaterThan((truncation?.recall ?? 1) + 0.05);
    expect(layout.recall).toBe(Math.max(...candidates.map(({ recall }) => recall ?? 0)));
  });

  it('gives the same plan again', async () => {
    const options = { bits: 8, rotation: 'pca', seed: 3 } as const;
    const vectors = steep(200, 16);
    expect(await planLayout(vectors, options)).toEqual(await planLayout(vectors, options));
  });

  it('truncates where there are too few vectors to try anything', async () => {
    const { layout } = await planLayout(steep(3, 16), { bits: 8 });
    expect(layout).toMatchObject({ family: 'truncation' });
    expect(layout.recall).toBeUndefined();
  });

  it('refuses what it cannot plan, and stops when asked to', async () => {
    const invalid = planLayout([[1, 2]], { bits: 3 });
    await expect(invalid).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(planLayout([], { bits: 3 })).rejects.toMatchObject({ code: 'empty-input' });
    const signal = AbortSignal.abort(new Error('enough'));
    const stopped = planLayout(steep(100, 8), { bits: 4, signal });
    await expect(stopped).rejects.toThrow('enough');
  });
});
