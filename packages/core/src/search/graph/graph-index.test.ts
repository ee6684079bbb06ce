import { describe, expect, it, vi } from 'vitest';
import { fitQuantizer } from '../../quantizers/fit-quantizer.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { ExactIndex } from '../exact-index.ts';
import { FlatIndex } from '../flat-index.ts';
import { RowSet } from '../row-set.ts';
import { vectorIndexSuite } from '../vector-index.suite.ts';
import { VectorRows } from '../vector-rows.ts';
import { GraphIndex } from './graph-index.ts';

const random = seededRandom(3);
const middles = Array.from({ length: 40 }, () => draw(24));
const vectors = Array.from({ length: 6000 }, (_, i) => near(i % 40));
const queries = Array.from({ length: 100 }, (_, i) => near((7 * i) % 40));
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
const undecoded = await fitQuantizer(vectors, { kind: 'itq', bits: 24, decoder: false });

describe.each([
  ['with a decoder', quantizer],
  ['without', undecoded],
] as const)('a graph of codes %s', (_, each) => {
  vectorIndexSuite(async () => new GraphIndex(each), { rerank: 1e6 });

  it('scores about as a flat index does when all codes are looked at', () => {
    const { graph, flat } = both(each);
    for (const query of queries.slice(0, 10)) {
      const options = { k: 6000, candidates: 6000, rerank: 0 };
      const expected = new Map(flat.search(query, options).map(({ row, score }) => [row, score]));
      const found = graph.search(query, options);
      expect(found).toHaveLength(6000);
      for (const { row, score } of found) {
        expect(Math.abs(score - (expected.get(row) ?? 9))).toBeLessThan(0.01);
      }
    }
  });

  it('finds nearly the same when it walks', () => {
    const { graph, flat } = both(each);
    expect(shared(graph, flat)).toBeGreaterThan(0.97);
  });

  it('finds nearly the same after most of what it had was deleted and more was added', async () => {
    const { graph, flat } = both(each);
    for (const index of [graph, flat]) {
      index.delete(Array.from({ length: 4000 }, (_, i) => i));
      for (let row = 4000; row < 4500; row++) index.update(row, vectors[row - 4000]);
    }
    await graph.maintain();
    expect(shared(graph, flat)).toBeGreaterThan(0.97);
    for (const index of [graph, flat]) index.add(vectors.slice(500, 4000));
    expect(graph.rows).toBe(flat.rows);
    expect(shared(graph, flat)).toBeGreaterThan(0.97);
  });

  it.each([3, 60, 2500])('finds k of %i allowed rows', (count) => {
    const { graph, flat } = both(each);
    const step = Math.floor(6000 / count);
    const allowed = RowSet.where(6000, (row) => row % step === 0 && row / step < count);
    let found = 0;
    for (const query of queries) {
      const options = { k: 10, allowed, rerank: 40 };
      const rows = graph.search(query, options).map(({ row }) => row);
      expect(rows).toHaveLength(Math.min(10, count));
      expect(rows.every((row) => allowed.has(row))).toBe(true);
      const expected = flat.search(query, options).map(({ row }) => row);
      found += expected.filter((row) => rows.includes(row)).length / expected.length;
    }
    expect(found / queries.length).toBeGreaterThan(0.97);
  });

  it('stops re-ranking where nothing that is left can matter', () => {
    const { graph } = both(each);
    const options = { k: 5, rerank: 300 };
    for (const query of queries.slice(0, 20)) {
      expect(graph.search(query, { ...options, margin: 2 })).toEqual(graph.search(query, options));
    }
  });
});

it('finds nearly what an exact index finds, whatever was changed before', async () => {
  const graph = new GraphIndex(quantizer);
  const exact = new ExactIndex(24);
  const change = seededRandom(8);
  for (let round = 0; round < 60; round++) {
    const more = Array.from({ length: 150 }, () => near(Math.floor(change() * 40)));
    for (const index of [graph, exact]) index.add(more);
    const there = Array.from({ length: 150 * (round + 1) }, (_, row) => row).filter((row) =>
      graph.has(row),
    );
    const gone = there.filter(() => change() < 0.04);
    for (const index of [graph, exact]) index.delete(gone);
    const changed = there.filter((row) => graph.has(row) && change() < 0.03);
    for (const row of changed) {
      const vector = near(Math.floor(change() * 40));
      for (const index of [graph, exact]) index.update(row, vector);
    }
    // Others go on while nodes are linked past those that are gone.
    if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await graph.maintain();
  let found = 0;
  for (const query of queries) {
    const rows = graph.search(query, { k: 10, rerank: 100 }).map(({ row }) => row);
    expect(new Set(rows).size).toBe(10);
    expect(rows.every((row) => exact.has(row))).toBe(true);
    const expected = exact.search(query, { k: 10 }).map(({ row }) => row);
    found += expected.filter((row) => rows.includes(row)).length / 10;
  }
  expect(found / queries.length).toBeGreaterThan(0.95);
});

it('re-ranks no more rows than it is told, whether it walks or looks at all that are allowed', () => {
  const { graph } = both(undecoded);
  const scores = vi.spyOn(VectorRows.prototype, 'scores');
  const reranked = (allowed?: RowSet) => {
    scores.mockClear();
    graph.search(queries[0], { k: 10, candidates: 30, rerank: 30, allowed });
    return scores.mock.calls.reduce((sum, [rows]) => sum + rows.length, 0);
  };
  expect(reranked(RowSet.where(6000, (row) => row % 10 === 0))).toBe(30);
  // And those that are as near as the last.
  const walked = reranked();
  expect(walked).toBeGreaterThanOrEqual(30);
  expect(walked).toBeLessThan(120);
  scores.mockRestore();
});

it('chooses as many candidates as find the share that is asked for', () => {
  const { graph } = both(quantizer);
  const few = graph.chooseCandidates(queries, { targetRecall: 0.6, rerank: 10 });
  const many = graph.chooseCandidates(queries, { targetRecall: 0.99, rerank: 10 });
  expect(few).toBeGreaterThanOrEqual(10);
  expect(many).toBeGreaterThan(few);
  let found = 0;
  for (const query of queries) {
    const all = graph.search(query, { k: 10, rerank: 10, candidates: 6000 });
    const rows = graph.search(query, { k: 10, rerank: 10 }).map(({ row }) => row);
    found += all.filter(({ row }) => rows.includes(row)).length / 10;
  }
  expect(found / queries.length).toBeGreaterThan(0.985);
  expect(() => graph.chooseCandidates(queries, { targetRecall: 1.5 })).toThrow(/targetRecall: got/);
  expect(() => graph.chooseCandidates([], { targetRecall: 0.9 })).toThrow(/queries/);
});

it('scores with vectors that are fetched, of the rows that were there when it was asked', async () => {
  const asked: number[] = [];
  const fetchVectors = async (rows: readonly number[]) => {
    asked.push(...rows);
    return rows.map((row) => vectors[row]);
  };
  const index = new GraphIndex(quantizer, { storage: { fetchVectors } });
  index.add(vectors);
  const found = index.searchAsync(vectors[7], { k: 3, rerank: 20 });
  index.delete([7]);
  expect((await found)[0]?.row).toBe(7);
  expect(asked.length).toBeGreaterThanOrEqual(20);
  expect(() => index.search(vectors[7], { k: 3 })).toThrow(/fetched/);
  expect(() => index.vector(8)).toThrow(/fetched/);
});

it('lets deleted rows go in the background, and can be stopped', async () => {
  const { graph } = both(quantizer);
  graph.delete(Array.from({ length: 3000 }, (_, i) => 2 * i));
  await graph.maintain();
  const controller = new AbortController();
  graph.delete([1, 3, 5]);
  const stages: string[] = [];
  const stopped = graph.maintain({
    signal: controller.signal,
    onProgress: ({ stage }) => {
      stages.push(stage);
      controller.abort(new Error('enough'));
    },
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(stages).toEqual(['link']);
  await graph.maintain();
  expect(graph.rows).toBe(2997);
  await graph.maintain({ onProgress: () => expect.unreachable() });
});

it('refuses what cannot be', () => {
  expect(() => new GraphIndex(quantizer, { links: 7 })).toThrow(/links: got 7, expected an even/);
  expect(() => new GraphIndex(quantizer, { links: 2 })).toThrow(/links: got 2/);
  expect(() => new GraphIndex(quantizer, { linkCandidates: 0 })).toThrow(/linkCandidates: got 0/);
  const index = new GraphIndex(quantizer);
  const options = { k: 1, scoring: 'symmetric' } as const;
  expect(() => index.search(vectors[0], options as never)).toThrow(/scoring: got "symmetric"/);
});

function both(each: typeof quantizer): { readonly graph: GraphIndex; readonly flat: FlatIndex } {
  const graph = new GraphIndex(each);
  const flat = new FlatIndex(each);
  for (const index of [graph, flat]) index.add(vectors);
  return { graph, flat };
}

/** How much of what the flat index finds the graph finds as well. */
function shared(graph: GraphIndex, flat: FlatIndex): number {
  let found = 0;
  for (const query of queries) {
    const options = { k: 10, rerank: 40 };
    const rows = new Set(
      graph.search(query, { ...options, candidates: 240 }).map(({ row }) => row),
    );
    found += flat.search(query, options).filter(({ row }) => rows.has(row)).length / 10;
  }
  return found / queries.length;
}

function draw(length: number): number[] {
  return Array.from({ length }, () => gaussian(random));
}

function near(middle: number): number[] {
  return middles[middle].map((value) => value + 0.7 * gaussian(random));
}
