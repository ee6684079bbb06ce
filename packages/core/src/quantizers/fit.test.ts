import { describe, expect, it } from 'vitest';
import { seededRandom } from '../vectors/random.ts';
import type { QuantizerKind } from './families.ts';
import { quantizerKinds } from './families.ts';
import type { FitOptions } from './fit.ts';
import { fitQuantizer } from './fit.ts';
import { loadQuantizer } from './load.ts';
import { quantizerSuite } from './quantizer.suite.ts';

/** What a family is called besides. */
const defaults = { thresholds: 'median', rotation: 'itq', learned: 'autoencoder' } as const;

const kinds = quantizerKinds.filter((kind) => kind !== 'residual' && !(kind in defaults));

describe.each(kinds)('%s', (kind) => {
  quantizerSuite((documents, bits, queries) => fitQuantizer(documents, { kind, bits, queries }));
});

const random = seededRandom(1);
const skewed = Array.from({ length: 101 }, () => [random() ** 4, 0.1 + random() ** 4, 1]);

describe('thresholds', () => {
  it.each(['document', 'query'] as const)(
    'median halves the vectors of the %s side',
    async (side) => {
      const queries = skewed.map(([a, b, c]) => [b, a, c]);
      const quantizer = await fitQuantizer(skewed, { kind: 'median', bits: 2, queries });
      const { data } = quantizer.project(side === 'query' ? queries : skewed, side);
      for (const bit of [0, 1]) {
        const above = data.filter((value, i) => i % 2 === bit && value > 0).length;
        expect(above).toBe(50);
      }
    },
  );

  it('mean centres each projected value', async () => {
    const quantizer = await fitQuantizer(skewed, { kind: 'mean', bits: 2 });
    const { data } = quantizer.project(skewed, 'document');
    const sums = [0, 1].map((bit) =>
      data.filter((_, i) => i % 2 === bit).reduce((sum, value) => sum + value, 0),
    );
    expect(sums[0]).toBeCloseTo(0, 4);
    expect(sums[1]).toBeCloseTo(0, 4);
  });

  it('sign asks whether a dimension is above zero', async () => {
    const quantizer = await fitQuantizer([[1, -1, 0]], { kind: 'sign', bits: 3 });
    expect(quantizer.encode([[-2, 5, 0]], 'document').data[0]).toBe(0b010);
  });
});

describe('rotations', () => {
  it.each(['random', 'pca', 'itq'] as const)(
    '%s keeps the angles when nothing is dropped',
    async (kind) => {
      const quantizer = await fitQuantizer(skewed, { kind, bits: 3 });
      const [a, b] = [skewed[0], skewed[1]];
      const [pa, pb] = [a, b].map((vector) => quantizer.project([vector], 'document').data);
      const unit = (vector: number[]) => vector.map((value) => value / Math.hypot(...vector));
      const [ua, ub] = [unit(a), unit(b)];
      const distance = Math.hypot(...ua.map((value, i) => value - ub[i]));
      expect(Math.hypot(...pa.map((value, i) => value - pb[i]))).toBeCloseTo(distance, 5);
    },
  );

  it('itq codes a nested length as it would alone, and refuses lengths that are no part', async () => {
    const vectors = Array.from({ length: 300 }, () => Array.from({ length: 12 }, random));
    const nested = await fitQuantizer(vectors, {
      kind: 'itq',
      bits: 12,
      rotation: { nested: [5] },
    });
    const alone = await fitQuantizer(vectors, { kind: 'itq', bits: 5 });
    const whole = nested.project(vectors, 'document');
    expect(whole.columns).toBe(12);
    const leading = Array.from(vectors, (_, i) => whole.data.slice(i * 12, i * 12 + 5));
    expect(leading.flatMap((row) => [...row])).toEqual([
      ...alone.project(vectors, 'document').data,
    ]);
    for (const options of [
      { kind: 'itq', rotation: { nested: [13] } },
      { kind: 'itq', rotation: { nested: [1.5] } },
      { kind: 'pca', rotation: { nested: [5] } },
    ] as const) {
      await expect(fitQuantizer(vectors, { ...options, bits: 12 })).rejects.toThrow(/nested/);
    }
  });

  it('depend on the seed, and on nothing else', async () => {
    const fit = (seed: number) => fitQuantizer(skewed, { kind: 'random', bits: 3, seed });
    expect((await fit(1)).save()).toEqual((await fit(1)).save());
    expect((await fit(1)).save()).not.toEqual((await fit(2)).save());
  });
});

describe('kinds', () => {
  const vectors = Array.from({ length: 60 }, () => Array.from({ length: 8 }, random));

  it.each(Object.entries(defaults) as [keyof typeof defaults, QuantizerKind][])(
    'of a family: %s alone is %s',
    async (family, kind) => {
      const options = { bits: 8, queries: vectors.slice(0, 20) };
      const [whole, short] = await Promise.all(
        [family, kind].map((each) => fitQuantizer(vectors, { ...options, kind: each })),
      );
      expect(whole?.save()).toEqual(short?.save());
    },
  );

  it.each<[string, Omit<FitOptions, 'bits'>]>([
    ['sign', { kind: 'thresholds', thresholds: { rule: 'zero' } }],
    ['median', { kind: 'thresholds' }],
    ['median-per-side', { kind: 'median', thresholds: { perSide: true } }],
    ['otsu-per-side', { kind: 'thresholds', thresholds: { rule: 'otsu', perSide: true } }],
    ['learned-thresholds', { kind: 'thresholds', thresholds: { rule: 'learned' } }],
    ['groups', { kind: 'groups', groups: { layout: 'grouped', rule: 'or' } }],
    ['groups-linear', { kind: 'groups', groups: { rule: 'linear' } }],
    ['thermometer', { kind: 'groups', groups: { layout: 'thermometer' } }],
    ['itq', { kind: 'rotation' }],
    ['pca', { kind: 'rotation', rotation: { basis: 'pca' } }],
    ['autoencoder', { kind: 'learned' }],
    ['head', { kind: 'learned', learned: { train: { steps: 2 } } }],
  ])('say what they are, also from a file: %s', async (name, options) => {
    const quantizer = await fitQuantizer(vectors, { ...options, bits: 8 });
    expect(quantizer.kind).toBe(name);
    expect(loadQuantizer(quantizer.save()).kind).toBe(name);
  });

  it.each<[Omit<FitOptions, 'bits'>, RegExp]>([
    [{ kind: 'itq', residual: { firstBits: 8 } }, /residual: .* of the family rotation/],
    [{ kind: 'residual', rotation: { nested: [8] } }, /rotation: .* of the family residual/],
    [{ kind: 'thresholds', learned: {} }, /learned: .* of the family thresholds/],
    [{ kind: 'itq', rotation: { basis: 'pca' } }, /rotation.basis: got pca, expected itq/],
    [{ kind: 'autoencoder', learned: { train: true } }, /learned.train: got true, expected false/],
    [{ kind: 'learned', learned: { train: 1 as never } }, /learned.train: got 1, expected true/],
    [{ kind: 'rotation', rotation: 'itq' as never }, /rotation: got itq, expected an object/],
    [{ kind: 'rotation', rotation: { basis: 'x' as never } }, /rotation.basis: got x/],
    [{ kind: 'thresholds', thresholds: { rule: 'x' as never } }, /thresholds.rule: got x/],
    [{ kind: 'groups', groups: { layout: 'x' as never } }, /groups.layout: got x/],
    [{ kind: 'groups', groups: { rule: 'and' as never } }, /groups.rule: got and/],
    [{ kind: 'planned', groups: { rule: 'or' } }, /groups.rule: got or for planned/],
  ])('refuse options that they have not: %o', async (options, message) => {
    const fitting = fitQuantizer(vectors, { ...options, bits: 8 });
    await expect(fitting).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(fitting).rejects.toThrow(message);
  });
});

describe('refusals', () => {
  it('has no empty input', async () => {
    await expect(fitQuantizer([], { kind: 'itq', bits: 8 })).rejects.toMatchObject({
      code: 'empty-input',
    });
    const queries: number[][] = [];
    await expect(fitQuantizer(skewed, { kind: 'mean', bits: 2, queries })).rejects.toMatchObject({
      code: 'empty-input',
    });
  });

  it.each([0, -1, 2.5, 4, 25, Number.NaN])('gives no %d bits from 3 dimensions', async (bits) => {
    for (const kind of quantizerKinds) {
      if (bits === 4 && kind === 'random') continue; // Directions may be more than dimensions.
      await expect(fitQuantizer(skewed, { kind, bits })).rejects.toMatchObject({
        code: 'invalid-option',
      });
    }
  });

  it('names the kinds when asked for another', async () => {
    await expect(fitQuantizer(skewed, { kind: 'magic' as never, bits: 2 })).rejects.toThrow(
      /got magic, expected one of thresholds, groups, .*, sign, mean/,
    );
  });

  it('stops when aborted, before and while fitting', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitQuantizer(skewed, { kind: 'sign', bits: 2, signal })).rejects.toThrow('enough');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { kind: 'itq', bits: 2, signal: controller.signal, onProgress } as const;
    await expect(fitQuantizer(skewed, options)).rejects.toThrow('enough');
  });
});

describe('streams of vectors', () => {
  const vectors = Array.from({ length: 300 }, () => [random(), random(), random(), random()]);
  async function* blocks(size: number) {
    for (let i = 0; i < vectors.length; i += size) yield vectors.slice(i, i + size);
  }

  it('give what the same vectors give at once', async () => {
    const options = { kind: 'itq', bits: 3 } as const;
    const whole = (await fitQuantizer(vectors, options)).save();
    expect((await fitQuantizer(blocks(7), options)).save()).toEqual(whole);
    const sampled = { ...options, sampleSize: 50 };
    const some = (await fitQuantizer(vectors, sampled)).save();
    expect((await fitQuantizer(blocks(64), sampled)).save()).toEqual(some);
    expect(some).not.toEqual(whole);
  });

  it('are refused when empty, or of different dimensions', async () => {
    const options = { kind: 'median', bits: 1 } as const;
    async function* uneven() {
      yield [[1, 2]];
      yield [[1]];
    }
    await expect(fitQuantizer(uneven(), options)).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    async function* nothing(): AsyncGenerator<number[][]> {}
    await expect(fitQuantizer(nothing(), options)).rejects.toMatchObject({ code: 'empty-input' });
  });
});
