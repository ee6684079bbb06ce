import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, selectRows, toMatrix, zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { analyzeVectors } from './analyze-vectors.ts';
import type { StatisticsOptions } from './statistics-collector.ts';
import { StatisticsCollector } from './statistics-collector.ts';
import type { VectorStatistics } from './vector-statistics.ts';

/** Gaussian dimensions of decreasing spread; every third follows its neighbour. */
function draw(rows: number, columns: number, seed = 1): Matrix {
  const random = seededRandom(seed);
  const vectors = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      const own = gaussian(random);
      vectors.data[at] =
        j % 3 === 2 ? 0.6 * own - 0.8 * vectors.data[at - 1] * j : 0.2 + own / (j + 1);
    }
  }
  return vectors;
}

function collect(vectors: Matrix, options: StatisticsOptions = {}): StatisticsCollector {
  const collector = new StatisticsCollector(vectors.columns, options);
  collector.add(vectors);
  return collector;
}

/** Same up to rounding of the sums; quantiles must be the same exactly when there was no sampling. */
function expectSame(got: VectorStatistics, expected: VectorStatistics, exact: boolean): void {
  const rounded = (statistics: VectorStatistics) =>
    JSON.parse(
      JSON.stringify(statistics, (key, value: unknown) => {
        if (key === 'quantiles' && !exact) return undefined;
        if (key === 'bitEntropyAtMedian' && !exact) return undefined;
        return typeof value === 'number' ? Number(value.toFixed(4)) + 0 : value;
      }),
    ) as unknown;
  expect(rounded(got)).toEqual(rounded(expected));
}

describe('StatisticsCollector', () => {
  const sizes = [
    [1, 1],
    [2, 3],
    [7, 5],
    [513, 3],
    [1300, 17],
  ] as const;

  it.each(sizes)('gives for parts of %i x %i, merged, what the whole gives', (rows, columns) => {
    const vectors = draw(rows, columns);
    const whole = collect(vectors).result();
    for (const cut of [0, 1, Math.floor(rows / 3), rows]) {
      const first = collect(rowRange(vectors, 0, cut));
      const second = collect(rowRange(vectors, cut, rows));
      const secondBefore = second.save();
      first.merge(second);
      expect(second.save()).toEqual(secondBefore);
      expect(first.count).toBe(rows);
      expectSame(first.result(), whole, true);
    }
  });

  it('gives the same in another order, and in blocks of any size', () => {
    const vectors = draw(1000, 6);
    const whole = collect(vectors).result();
    const sampled = collect(vectors, { sampleSize: 50 });
    const reversed = selectRows(
      vectors,
      Array.from({ length: 1000 }, (_, i) => 999 - i),
    );
    expectSame(collect(reversed).result(), whole, true);
    const inBlocks = new StatisticsCollector(6);
    const sampledInBlocks = new StatisticsCollector(6, { sampleSize: 50 });
    for (let i = 0; i < 1000; i += 37) {
      inBlocks.add(rowRange(vectors, i, Math.min(1000, i + 37)));
      inBlocks.add([]);
      sampledInBlocks.add(rowRange(vectors, i, Math.min(1000, i + 37)));
    }
    expectSame(inBlocks.result(), whole, true);
    expect(sampledInBlocks.save().sample).toEqual(sampled.save().sample);
  });

  it('goes on after save and restore as if nothing had happened', () => {
    const vectors = draw(3000, 4);
    const options = { sampleSize: 50, seed: 3, threshold: 0.1 };
    const collector = collect(rowRange(vectors, 0, 1024), options);
    const state = collector.save();
    const restored = StatisticsCollector.restore(state);
    // The collector's now: what becomes of the state does not matter.
    for (const part of Object.values(state)) if (typeof part === 'object') part.fill(0);
    for (const each of [collector, restored]) each.add(rowRange(vectors, 1024, 3000));
    expect(restored.save()).toEqual(collector.save());
    expect(restored.result()).toEqual(collector.result());
    expect(StatisticsCollector.restore(new StatisticsCollector(4).save()).count).toBe(0);
  });

  it('keeps quantiles within the stated error once it samples', () => {
    const vectors = draw(20_000, 3);
    for (const options of [{}, { sampleSize: 500, seed: 5 }]) {
      const parts = collect(rowRange(vectors, 0, 3000), { ...options, seed: 9 });
      parts.merge(collect(rowRange(vectors, 3000, 20_000), options));
      for (const collector of [collect(vectors, options), parts]) {
        const { dimensions, probabilities, rankError, sampled } = collector.result();
        expect(sampled).toBe(options.sampleSize ?? 4096);
        expect(rankError).toBeCloseTo(Math.sqrt(Math.log(200) / (2 * sampled)), 10);
        dimensions.forEach(({ quantiles }, j) => {
          const column = vectors.data.filter((_, p) => p % 3 === j);
          expect(quantiles[0]).toBe(Math.min(...column));
          expect(quantiles[100]).toBe(Math.max(...column));
          probabilities.forEach((probability, q) => {
            let below = 0;
            for (let i = 0; i < 20_000; i++)
              below += Number(vectors.data[i * 3 + j] < quantiles[q]);
            expect(Math.abs(below / 20_000 - probability)).toBeLessThan(rankError);
          });
        });
      }
    }
  });

  it('refuses other dimensions, values that are not finite, and adds nothing then', () => {
    const collector = collect(draw(5, 3));
    const before = collector.save();
    expect(() => collector.add([[1, 2]])).toThrow(/got 2 dimensions, expected 3/);
    expect(() =>
      collector.add([
        [1, 2, 3],
        [4, Number.NaN, 6],
      ]),
    ).toThrow(/vectors\[1\]: got NaN at dimension 1/);
    expect(() => collector.merge(new StatisticsCollector(4))).toThrow(
      expect.objectContaining({ code: 'dimension-mismatch' }),
    );
    for (const options of [{ threshold: 1 }, { sampleSize: 9 }, { covariance: false }]) {
      expect(() => collector.merge(new StatisticsCollector(3, options))).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      );
    }
    expect(collector.save()).toEqual(before);
  });

  it.each([
    [0, {}, 'invalid-option'],
    [1.5, {}, 'invalid-option'],
    [2, { sampleSize: 0 }, 'invalid-option'],
    [2, { threshold: [1] }, 'dimension-mismatch'],
    [2, { threshold: Number.NaN }, 'not-finite'],
  ])('refuses %d dimensions with %j', (dimensions, options, code) => {
    expect(() => new StatisticsCollector(dimensions, options)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('refuses a state that was damaged', () => {
    const state = collect(draw(5, 3)).save();
    for (const damage of [
      { mean: new Float64Array(2) },
      { sample: state.sample.slice(1) },
      { count: 4 },
      { dimensions: 2 },
      { power2: Float64Array.of(1, Number.NaN, 1) },
      { coMoments: new Float64Array(4) },
      { mean: { 0: 1, 1: 1, 2: 1 } as never },
    ]) {
      expect(() => StatisticsCollector.restore({ ...state, ...damage })).toThrow(
        expect.objectContaining({ code: 'invalid-file' }),
      );
    }
  });

  it('has no result without vectors', () => {
    expect(() => new StatisticsCollector(3).result()).toThrow(
      expect.objectContaining({ code: 'empty-input' }),
    );
  });
});

describe('analyzeVectors', () => {
  it('describes known values', async () => {
    const { dimensions, ...statistics } = await analyzeVectors(
      [
        [1, 5, -1],
        [2, 5, 1],
        [3, 5, -1],
        [10, 5, 1],
        [4, 5, 0],
      ],
      { threshold: [3, 5, 0] },
    );
    expect(dimensions[0]).toMatchObject({
      mean: 4,
      variance: 10,
      skewness: expect.closeTo(1.13842, 5) as number,
      excessKurtosis: expect.closeTo(-0.212, 5) as number,
      shareAboveZero: 1,
      threshold: 3,
      shareAboveThreshold: 0.4,
      bitEntropy: expect.closeTo(0.970951, 6) as number,
      bitEntropyAtMedian: expect.closeTo(0.970951, 6) as number,
    });
    // G1 = 1.697056, G2 = 3.152; (G1² + 1) / (G2 + 3 · 4² / (3 · 2)).
    expect(dimensions[0].bimodality).toBeCloseTo((1.697056 ** 2 + 1) / (3.152 + 8), 5);
    const at = (probability: number) =>
      dimensions[0].quantiles[statistics.probabilities.indexOf(probability)];
    expect([0, 0.25, 0.5, 0.9, 1].map(at)).toEqual([1, 2, 3, expect.closeTo(7.6, 9), 10]);
    expect(dimensions[1]).toMatchObject({
      variance: 0,
      skewness: null,
      excessKurtosis: null,
      bimodality: null,
      bitEntropy: 0,
      bitEntropyAtMedian: 0,
    });
    expect(dimensions[2].shareAboveZero).toBe(0.4);
    expect(statistics).toMatchObject({ count: 5, sampled: 5, rankError: 0 });
    // Mean squares 26, 25 and .8; variances 10, 0 and .8.
    expect(statistics.energy.secondMoment).toEqual([26, 51, 51.8].map((x) => near(x / 51.8)));
    expect(statistics.energy.variance).toEqual([10, 10, 10.8].map((x) => near(x / 10.8)));
    expect(statistics.energy.trend).toBeCloseTo(-0.5, 9);
    expect(statistics.correlations).toEqual([
      { first: 0, second: 2, r: near(8 / 5 / Math.sqrt(8)) },
    ]);
    expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
  });

  it('counts the dimensions that are in use', async () => {
    const rank = async (scale: (j: number) => number) => {
      const vectors = draw(4000, 2);
      const data = Float32Array.from({ length: 32_000 }, (_, p) => {
        const [i, j] = [Math.floor(p / 8), p % 8];
        return (vectors.data[i * 2 + (j % 2)] - 0.2) * scale(j) * ((j % 2) + 1);
      });
      return (await analyzeVectors({ rows: 4000, columns: 8, data })).effectiveRank;
    };
    // Copies of two independent dimensions, then of one.
    expect(await rank(() => 3)).toBeCloseTo(2, 2);
    expect(await rank((j) => Number(j % 2 === 0))).toBeCloseTo(1, 5);
    expect(await rank(() => 0)).toBeNull();
    const uncovered = await analyzeVectors(draw(10, 3), { covariance: false });
    expect(uncovered).toMatchObject({ effectiveRank: null, correlations: [] });
  });

  it('knows constant dimensions, as the sums of equal float32 are exact', async () => {
    const data = Float32Array.from({ length: 3000 }, (_, p) => (p % 3 === 2 ? p : 0.1));
    const { dimensions, correlations, effectiveRank, energy } = await analyzeVectors({
      rows: 1000,
      columns: 3,
      data,
    });
    for (const { variance, skewness } of dimensions.slice(0, 2)) {
      expect({ variance, skewness }).toEqual({ variance: 0, skewness: null });
    }
    expect(correlations).toEqual([]);
    expect(effectiveRank).toBeCloseTo(1, 9);
    expect(energy.variance).toEqual([0, 0, 1]);
    const constant = new Float32Array(3000).fill(0.1);
    const still = await analyzeVectors({ rows: 1000, columns: 3, data: constant });
    expect(still).toMatchObject({ effectiveRank: null, energy: { trend: null } });
  });

  it('measures anisotropy from 0 to 1, whatever the lengths', async () => {
    const of = async (vectors: number[][]) => (await analyzeVectors(vectors)).anisotropy;
    expect(
      await of([
        [1, 0],
        [-5, 0],
      ]),
    ).toBeCloseTo(0, 6);
    expect(
      await of([
        [3, 4],
        [0.6, 0.8],
      ]),
    ).toBeCloseTo(1, 6);
    expect(
      await of([
        [2, 0],
        [0, 3],
      ]),
    ).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it('tells two peaks from one, and leading dimensions from an order without meaning', async () => {
    const random = seededRandom(4);
    const data = Float32Array.from({ length: 3000 * 30 }, (_, p) => {
      const j = p % 30;
      const peak = j === 0 ? (random() < 0.5 ? -2 : 2) : 0;
      return (peak + gaussian(random)) / (1 + j);
    });
    const { dimensions, energy, correlations } = await analyzeVectors({
      rows: 3000,
      columns: 30,
      data,
    });
    expect(dimensions[0].bimodality).toBeGreaterThan(5 / 9);
    for (const { bimodality } of dimensions.slice(1)) expect(bimodality).toBeCloseTo(1 / 3, 1);
    expect(energy.trend).toBeLessThan(-0.95);
    expect(correlations).toHaveLength(20);
    for (const { r } of correlations) expect(Math.abs(r)).toBeLessThan(0.1);
    const sizes = correlations.map(({ r }) => Math.abs(r));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it('finds the strongest pairs among many', async () => {
    const columns = 80;
    const vectors = draw(400, columns, 6);
    // Dimension 79 is 61 upside down; 70 is 60 with some noise: pairs that come late.
    const random = seededRandom(2);
    for (let i = 0; i < 400; i++) {
      const at = i * columns;
      vectors.data[at + 79] = -vectors.data[at + 61];
      vectors.data[at + 70] = vectors.data[at + 60] + gaussian(random) / 600;
    }
    // Two that are all but zero follow each other, which means nothing.
    for (const dimension of [20, 21]) {
      for (let i = 0; i < 400; i++) vectors.data[i * columns + dimension] = i * 1e-12;
    }
    const { correlations } = await analyzeVectors(vectors);
    expect(correlations.every(({ first }) => first !== 20)).toBe(true);
    expect(correlations).toContainEqual({ first: 61, second: 79, r: near(-1) });
    expect(
      correlations.find(({ first, second }) => first === 60 && second === 70)?.r,
    ).toBeGreaterThan(0.98);
  });

  it('reports its progress, and stops when asked to', async () => {
    const done: number[] = [];
    await analyzeVectors(zeros(5000, 1), { onProgress: (progress) => done.push(progress.done) });
    expect(done).toEqual([0, 4096, 5000]);
    await expect(
      analyzeVectors(zeros(5000, 1), { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });

  it.each([
    ['nothing', [], 'empty-input'],
    ['vectors of no dimensions', [[]], 'empty-input'],
    ['NaN', [[Number.NaN]], 'not-finite'],
    ['ragged lists', [[1], [1, 2]], 'dimension-mismatch'],
  ])('refuses %s', async (_what, vectors, code) => {
    await expect(analyzeVectors(toMatrixOrList(vectors))).rejects.toThrow(
      expect.objectContaining({ code }),
    );
  });
});

function toMatrixOrList(vectors: readonly number[][]): Matrix | readonly number[][] {
  return vectors.length === 0 ? toMatrix([]) : vectors;
}

function near(value: number): number {
  return expect.closeTo(value, 6) as number;
}
