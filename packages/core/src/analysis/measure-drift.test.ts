import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { analyzeVectors } from './analyze-vectors.ts';
import { measureDrift } from './measure-drift.ts';
import type { VectorStatistics } from './vector-statistics.ts';

interface Change {
  readonly shift?: number;
  readonly spread?: number;
  readonly seed?: number;
  readonly rows?: number;
  readonly columns?: number;
}

function normal({ shift = 0, spread = 1, seed = 1, rows = 20_000, columns = 4 }: Change): Matrix {
  const random = seededRandom(seed);
  // Far from zero and narrow, so that it is the distribution that counts and not its place.
  const data = Float32Array.from({ length: rows * columns }, () => {
    return 8 + 0.1 * (shift + spread * gaussian(random));
  });
  return { rows, columns, data };
}

const exact = { sampleSize: 20_000, covariance: false, threshold: 8 };

function analyze(change: Change): Promise<VectorStatistics> {
  return analyzeVectors(normal(change), exact);
}

describe('measureDrift', () => {
  it('finds none between a set and itself, also with constant and discrete dimensions', async () => {
    const random = seededRandom(5);
    const discrete = Array.from({ length: 500 }, () => [
      7,
      Math.round(gaussian(random)),
      random() < 0.95 ? 0 : 1,
      gaussian(random),
    ]);
    for (const vectors of [discrete, discrete.slice(0, 1), discrete.slice(0, 11)]) {
      const statistics = await analyzeVectors(vectors);
      const drift = measureDrift(statistics, JSON.parse(JSON.stringify(statistics)));
      expect(drift).toMatchObject({ score: 0, recommendation: 'none' });
      for (const dimension of drift.dimensions) {
        expect(dimension).toMatchObject({
          stabilityIndex: 0,
          kolmogorovSmirnov: 0,
          balanceChange: 0,
        });
      }
    }
  });

  it.each([0.1, 0.5, 1])(
    'has the known values for a normal distribution moved by %d',
    async (shift) => {
      const drift = measureDrift(await analyze({}), await analyze({ shift, seed: 2 }));
      // Shares above the deciles of the standard normal distribution, before and after.
      const deciles = [-1.281552, -0.841621, -0.524401, -0.253347, 0];
      deciles.push(
        ...deciles
          .slice(0, 4)
          .reverse()
          .map((x) => -x),
        Number.POSITIVE_INFINITY,
      );
      const shares = deciles.map((end, i) => {
        return normalShare(end - shift) - normalShare((deciles[i - 1] ?? -Infinity) - shift);
      });
      const expected = shares.reduce((sum, c) => sum + (c - 0.1) * Math.log(c / 0.1), 0);
      for (const { stabilityIndex, kolmogorovSmirnov, balanceChange } of drift.dimensions) {
        expect(Math.abs(stabilityIndex - expected)).toBeLessThan(0.01 + 0.1 * expected);
        expect(Math.abs(kolmogorovSmirnov - (2 * normalShare(shift / 2) - 1))).toBeLessThan(0.02);
        expect(Math.abs(balanceChange - (normalShare(shift) - 0.5))).toBeLessThan(0.02);
      }
      expect(drift.recommendation).toBe(shift < 0.2 ? 'none' : shift < 0.7 ? 'watch' : 'refit');
    },
  );

  it('counts what is beyond the reference, and steps', async () => {
    const uniform = Array.from({ length: 1001 }, (_, i) => [i / 1000]);
    const reference = await analyzeVectors(uniform);
    const beyond = uniform.map(([x = 0]) => [x > 0.5 ? 1e6 : x]);
    const { stabilityIndex } = measureDrift(reference, await analyzeVectors(beyond)).dimensions[0];
    // Four intervals hold nothing now, which counts as half a vector, and the last one half of all.
    const least = 0.5 / 1001;
    const expected = 4 * (least - 0.1) * Math.log(least / 0.1) + 0.4 * Math.log(5);
    expect(Math.abs(stabilityIndex - expected)).toBeLessThan(0.1);
    const step = await analyzeVectors(uniform.map(() => [0.9]));
    expect(measureDrift(reference, step).dimensions[0].kolmogorovSmirnov).toBeCloseTo(0.9, 2);
  });

  it('sees a spread that changed although the balance has not', async () => {
    const { score, dimensions } = measureDrift(
      await analyze({}),
      await analyze({ spread: 2, seed: 2 }),
    );
    expect(score).toBeGreaterThan(0.25);
    for (const { balanceChange } of dimensions) expect(Math.abs(balanceChange)).toBeLessThan(0.02);
  });

  it('does not take small samples for drift', async () => {
    for (const rows of [60, 200, 1000]) {
      const [reference, current] = [
        await analyze({ rows, columns: 100 }),
        await analyze({ rows, columns: 100, seed: 2 }),
      ];
      expect(measureDrift(reference, current).score).toBeLessThan(0.06);
      const moved = await analyze({ rows, columns: 100, seed: 3, shift: 1 });
      expect(measureDrift(reference, moved).recommendation).toBe('refit');
    }
  });

  it('names the dimensions that changed most', async () => {
    const vectors = normal({ columns: 12 });
    const moved = {
      ...vectors,
      data: vectors.data.map((x, p) => x + [0, 0.1, 0.2][[7, 3].indexOf(p % 12) + 1]),
    };
    const drift = measureDrift(
      await analyzeVectors(vectors, exact),
      await analyzeVectors(moved, exact),
      { worst: 3 },
    );
    expect(drift.worst.map(({ dimension }) => dimension).slice(0, 2)).toEqual([3, 7]);
    expect(drift.worst).toHaveLength(3);
    expect(drift.dimensions).toHaveLength(12);
    expect(drift.worst[0].stabilityIndex).toBeGreaterThan(1);
    expect(drift.dimensions[0].stabilityIndex).toBe(0);
  });

  it('leaves out dimensions that carry nothing, not those that began to', async () => {
    const moved = async (column: number, rest: number) => {
      const vectors = normal({ columns: 2, rows: 2000 });
      const { data } = vectors;
      for (let i = 0; i < data.length; i += 2) data[i] = column + rest * (data[i] - 8);
      return analyzeVectors(vectors, exact);
    };
    const before = await moved(0, 1e-9);
    const noise = measureDrift(before, await moved(1e-8, 1e-9));
    expect(noise.dimensions[0].stabilityIndex).toBeGreaterThan(1);
    expect(noise).toMatchObject({ score: 0, worst: [{ dimension: 1 }] });
    expect(measureDrift(before, await moved(1, 1e-9)).worst).toMatchObject([
      { dimension: 0 },
      { dimension: 1 },
    ]);
    expect(measureDrift(before, await moved(0, 1)).recommendation).toBe('refit');
  });

  it('stays finite when nothing is where it was', async () => {
    const drift = measureDrift(await analyze({}), await analyze({ shift: 1000 }));
    expect(drift.recommendation).toBe('refit');
    expect(drift.worst[0]).toMatchObject({
      kolmogorovSmirnov: 1,
      balanceChange: expect.closeTo(0.5, 1) as number,
    });
    expect(drift.score).toBeLessThan(100);
  });

  it('refuses what cannot be compared', async () => {
    const statistics = await analyze({ rows: 10 });
    const narrower = await analyze({ rows: 10, columns: 3 });
    expect(() => measureDrift(statistics, narrower)).toThrow(
      /current: got 3 dimensions, expected 4/,
    );
    const otherThreshold = await analyzeVectors(normal({ rows: 10 }));
    expect(() => measureDrift(statistics, otherThreshold)).toThrow(
      /got threshold 0 at dimension 0, expected 8/,
    );
    for (const options of [{ bins: 1 }, { bins: 2.5 }, { worst: -1 }]) {
      expect(() => measureDrift(statistics, statistics, options)).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      );
    }
  });
});

/** Share of the standard normal distribution below `x`, by Simpson's rule. */
function normalShare(x: number): number {
  if (!Number.isFinite(x)) return x > 0 ? 1 : 0;
  const steps = 200;
  const width = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * width) ** 2) / 2);
  }
  return 0.5 + (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}
