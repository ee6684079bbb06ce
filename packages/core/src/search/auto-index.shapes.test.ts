import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { AutoIndex } from './auto-index.ts';
import { BinaryIndex } from './binary-index.ts';
import { ExactIndex } from './exact-index.ts';
import type { ScoredRow } from './ranking/top-k.ts';

const random = seededRandom(9);
const normal = (dimensions: number) => Array.from({ length: dimensions }, () => gaussian(random));
type Draw = () => number[];

function clusters(dimensions: number, count = 60, width = 0.5): Draw {
  const middles = Array.from({ length: count }, () => normal(dimensions));
  return () => {
    const middle = middles[Math.floor(random() * count)] as number[];
    return middle.map((value) => value + width * gaussian(random));
  };
}

/** Vectors whose cosines with each other are about `cosine`. */
function aroundMean(dimensions: number, cosine: number): Draw {
  const draw = clusters(dimensions);
  const mean = unit(normal(dimensions));
  return () => {
    const own = unit(draw());
    return mean.map(
      (value, j) => Math.sqrt(cosine) * value + Math.sqrt(1 - cosine) * (own[j] as number),
    );
  };
}

function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const shapes: Readonly<Record<string, (dimensions: number) => Draw>> = {
  'all around': (dimensions) => () => normal(dimensions),
  'in clusters': (dimensions) => clusters(dimensions),
  'around a mean, cosine .98': (dimensions) => aroundMean(dimensions, 0.98),
  'around a mean, cosine .999': (dimensions) => aroundMean(dimensions, 0.999),
  'around a mean, cosine .9999': (dimensions) => aroundMean(dimensions, 0.9999),
  'of falling variances': (dimensions) => {
    const draw = clusters(dimensions);
    return () => draw().map((value, j) => value / (1 + j));
  },
  sparse: (dimensions) => () => {
    const vector = Array.from({ length: dimensions }, () => 0);
    for (let i = 0; i < 5; i++) vector[Math.floor(random() * dimensions)] = gaussian(random);
    return vector;
  },
  'with a single one': (dimensions) => () => {
    const vector = Array.from({ length: dimensions }, () => 0);
    vector[Math.floor(random() * dimensions)] = 1;
    return vector;
  },
  'nearly the same': (dimensions) => clusters(dimensions, 40, 1e-3),
  'mostly the same': (dimensions) => {
    const one = normal(dimensions);
    return () => (random() < 0.95 ? one.slice() : normal(dimensions));
  },
  huge: (dimensions) => {
    const draw = clusters(dimensions);
    return () => draw().map((value) => 1e18 * value);
  },
  tiny: (dimensions) => {
    const draw = clusters(dimensions);
    return () => draw().map((value) => 1e-18 * value);
  },
  'half of them in few tight clusters': (dimensions) => {
    const draw = clusters(dimensions, 5, 0.1);
    return () => (random() < 0.5 ? draw() : normal(dimensions));
  },
};

/** The share of the ten nearest that is found: others count as well where their scores are as high. */
function share(found: readonly ScoredRow[], exact: readonly ScoredRow[]): number {
  const last = exact.at(-1)?.score ?? 0;
  return found.filter(({ score }) => score >= last - 1e-6).length / exact.length;
}

function meanShare(
  queries: readonly number[][],
  index: Pick<BinaryIndex, 'search'>,
  exact: ExactIndex,
  depth = {},
): number {
  const shares = queries.map((query) =>
    share(index.search(query, { ...depth, k: 10 }), exact.search(query, { k: 10 })),
  );
  return shares.reduce((sum, each) => sum + each, 0) / shares.length;
}

describe.each(Object.keys(shapes))('vectors %s', (name) => {
  it.each([
    [2, 50],
    [2, 6000],
    [8, 1000],
    [8, 6000],
    [64, 1000],
    [64, 6000],
    [256, 5000],
  ])(
    'of %d dimensions are found among %d by an index that follows them',
    async (dimensions, rows) => {
      const draw = shapes[name]?.(dimensions) as Draw;
      const [vectors, queries] = [rows, 100].map((count) => Array.from({ length: count }, draw));
      const exact = new ExactIndex(dimensions);
      exact.add(vectors as number[][]);
      const index = new AutoIndex({ dimensions });
      await index.addAsync(vectors as number[][]);
      await index.settled();
      // By .98 but for chance: a hundred questions may be off by .02.
      expect(meanShare(queries as number[][], index, exact)).toBeGreaterThan(0.96);
    },
  );
});

it.each([0, 0.98, 0.999, 0.9999])(
  'fitted codes tell apart what lies around a mean, cosine %d',
  async (cosine) => {
    const dimensions = 96;
    const draw = aroundMean(dimensions, cosine);
    const vectors = Array.from({ length: 2000 }, draw);
    const queries = Array.from({ length: 60 }, draw);
    const exact = new ExactIndex(dimensions);
    exact.add(vectors);
    for (const kind of ['itq', 'autoencoder', 'random'] as const) {
      const index = new BinaryIndex({
        dimensions,
        quantizer: await fitQuantizer(vectors, { kind, bits: 96 }),
      });
      index.add(vectors);
      const found = meanShare(queries, index, exact, { candidates: 200, rerank: 60 });
      expect.soft(found, kind).toBeGreaterThan(kind === 'random' ? 0.85 : 0.93);
    }
  },
);

it('finds the odd ones out among thousands that are the same', async () => {
  const dimensions = 64;
  const one = normal(dimensions);
  const others = Array.from({ length: 3 }, () => normal(dimensions));
  const vectors = [...Array.from({ length: 4656 }, () => one), ...others];
  const index = new AutoIndex({ dimensions, index: 'graph' });
  await index.addAsync(vectors);
  await index.settled();
  for (const [i, other] of others.entries()) {
    for (let ask = 0; ask < 7; ask++) {
      const question = other.map((value) => value + 0.2 * gaussian(random));
      expect(index.search(question, { k: 1 })[0]?.row).toBe(4656 + i);
    }
  }
});
