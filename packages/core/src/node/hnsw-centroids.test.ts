import { expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit-quantizer.ts';
import { InvertedIndex } from '../search/inverted/inverted-index.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { hnswCentroids } from './hnsw-centroids.ts';

const random = seededRandom(2);
const vectors = Array.from({ length: 900 }, () =>
  Array.from({ length: 8 }, () => gaussian(random)),
);
let searches = 0;

/** A graph that finds what a real one finds at its best: everything, exactly. */
class ExhaustiveGraph {
  readonly points: number[][] = [];
  ef = 0;
  initIndex(most: number): void {
    expect(most).toBeGreaterThan(0);
  }
  addPoint(point: number[], label: number): void {
    this.points[label] = point;
  }
  setEf(ef: number): void {
    this.ef = ef;
  }
  searchKnn(query: number[], count: number): { neighbors: number[] } {
    searches++;
    expect(this.ef).toBeGreaterThanOrEqual(count);
    const score = (point: number[]) => point.reduce((sum, value, j) => sum + value * query[j], 0);
    const labels = this.points.map((_, label) => label);
    const neighbors = labels.sort((a, b) => score(this.points[b]) - score(this.points[a]));
    return { neighbors: neighbors.slice(0, count) };
  }
}

it.each([true, false])(
  'finds the same lists with the package (%s) as without',
  async (installed) => {
    const load = async () => {
      if (!installed) throw new Error('not installed');
      return { default: { HierarchicalNSW: ExhaustiveGraph } };
    };
    searches = 0;
    const quantizer = await fitQuantizer(vectors, { kind: 'sign', bits: 8 });
    const options = { lists: 40 };
    const centroids = await hnswCentroids(8, { load });
    const index = await InvertedIndex.train(vectors, quantizer, { ...options, centroids });
    const linear = await InvertedIndex.train(vectors, quantizer, options);
    for (const each of [index, linear]) each.add(vectors);
    for (const query of vectors.slice(0, 30)) {
      const depth = { k: 10, probes: 5 };
      expect(index.search(query, depth)).toEqual(linear.search(query, depth));
    }
    expect(searches > 0).toBe(installed);
  },
);
