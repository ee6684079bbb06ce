import { describe, expect, it, vi } from 'vitest';
import { fitQuantizer } from '../../../quantizers/fit.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import { gaussian, seededRandom } from '../../../vectors/random.ts';
import { binaryIndexSuite } from '../../binary-index.suite.ts';
import { BinaryIndex } from '../../binary-index.ts';
import { ExactIndex } from '../../exact-index.ts';
import { RowSet } from '../../rows/row-set.ts';
import { VectorRows } from '../../vectors/vector-rows.ts';
import type { VectorStorage } from '../../vectors/vector-storage.ts';
import { graph } from './graph.ts';

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
  binaryIndexSuite((storage) => graphOf(each, storage), { rerank: 1e6 });

  it('scores about as a flat index does when all codes are looked at', async () => {
    const { linked, scanned } = await both(each);
    for (const query of queries.slice(0, 10)) {
      const options = { k: 6000, candidates: 6000, rerank: 0 };
      const expected = new Map(
        scanned.search(query, options).map(({ row, score }) => [row, score]),
      );
      const found = linked.search(query, options);
      expect(found).toHaveLength(6000);
      for (const { row, score } of found) {
        expect(Math.abs(score - (expected.get(row) ?? 9))).toBeLessThan(0.01);
      }
    }
  });

  it('finds nearly the same when it walks', async () => {
    const { linked, scanned } = await both(each);
    expect(shared(linked, scanned)).toBeGreaterThan(0.97);
  });

  it('finds nearly the same after most of what it had was deleted and more was added', async () => {
    const { linked, scanned } = await both(each);
    for (const index of [linked, scanned]) {
      index.delete(Array.from({ length: 4000 }, (_, i) => i));
      for (let row = 4000; row < 4500; row++) index.update(row, vectors[row - 4000]);
    }
    await linked.maintain();
    expect(shared(linked, scanned)).toBeGreaterThan(0.97);
    for (const index of [linked, scanned]) index.add(vectors.slice(500, 4000));
    expect(linked.rows).toBe(scanned.rows);
    expect(shared(linked, scanned)).toBeGreaterThan(0.97);
  });

  it.each([3, 60, 2500])('finds k of %i allowed rows', async (count) => {
    const { linked, scanned } = await both(each);
    const step = Math.floor(6000 / count);
    const allowed = RowSet.where(6000, (row) => row % step === 0 && row / step < count);
    let found = 0;
    for (const query of queries) {
      const options = { k: 10, allowed, rerank: 40 };
      const rows = linked.search(query, options).map(({ row }) => row);
      expect(rows).toHaveLength(Math.min(10, count));
      expect(rows.every((row) => allowed.has(row))).toBe(true);
      const expected = scanned.search(query, options).map(({ row }) => row);
      found += expected.filter((row) => rows.includes(row)).length / expected.length;
    }
    expect(found / queries.length).toBeGreaterThan(0.97);
  });
});

it('finds nearly what an exact index finds, whatever was changed before', async () => {
  const linked = await graphOf(quantizer);
  const exact = new ExactIndex(24);
  const change = seededRandom(8);
  for (let round = 0; round < 60; round++) {
    const more = Array.from({ length: 150 }, () => near(Math.floor(change() * 40)));
    for (const index of [linked, exact]) index.add(more);
    const there = Array.from({ length: 150 * (round + 1) }, (_, row) => row).filter((row) =>
      linked.has(row),
    );
    const gone = there.filter(() => change() < 0.04);
    for (const index of [linked, exact]) index.delete(gone);
    const changed = there.filter((row) => linked.has(row) && change() < 0.03);
    for (const row of changed) {
      const vector = near(Math.floor(change() * 40));
      for (const index of [linked, exact]) index.update(row, vector);
    }
    // Others go on while nodes are linked past those that are gone.
    if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await linked.maintain();
  let found = 0;
  for (const query of queries) {
    const rows = linked.search(query, { k: 10, rerank: 100 }).map(({ row }) => row);
    expect(new Set(rows).size).toBe(10);
    expect(rows.every((row) => exact.has(row))).toBe(true);
    const expected = exact.search(query, { k: 10 }).map(({ row }) => row);
    found += expected.filter((row) => rows.includes(row)).length / 10;
  }
  expect(found / queries.length).toBeGreaterThan(0.95);
});

it('re-ranks no more rows than it is told, whether it walks or looks at all that are allowed', async () => {
  const { linked } = await both(undecoded);
  const scores = vi.spyOn(VectorRows.prototype, 'scores');
  const reranked = (allowed?: RowSet) => {
    scores.mockClear();
    linked.search(queries[0], { k: 10, efSearch: 30, rerank: 30, allowed });
    return scores.mock.calls.reduce((sum, [rows]) => sum + rows.length, 0);
  };
  expect(reranked(RowSet.where(6000, (row) => row % 10 === 0))).toBe(30);
  // And those that are as near as the last.
  const walked = reranked();
  expect(walked).toBeGreaterThanOrEqual(30);
  expect(walked).toBeLessThan(120);
  scores.mockRestore();
});

it('chooses an efSearch that finds the share of the truth that is asked for', async () => {
  const linked = await graphOf(quantizer);
  linked.add(vectors);
  const exact = new ExactIndex(24);
  exact.add(vectors);
  const recall = () => {
    let found = 0;
    for (const query of queries) {
      const all = exact.search(query, { k: 10 });
      const rows = linked.search(query, { k: 10, rerank: 60 }).map(({ row }) => row);
      found += all.filter(({ row }) => rows.includes(row)).length / 10;
    }
    return found / queries.length;
  };
  const most = await linked.tuneFinder(queries, { targetRecall: 1, rerank: 60 });
  expect(recall()).toBeCloseTo(most, 6);
  const enough = await linked.tuneFinder(queries, { targetRecall: 0.8 * most, rerank: 60 });
  expect(enough).toBeGreaterThanOrEqual(0.8 * most);
  expect(recall()).toBeCloseTo(enough, 6);
  const tuned = (targetRecall: number) => linked.tuneFinder(queries, { targetRecall });
  await expect(tuned(1.5)).rejects.toThrow(/targetRecall: got/);
  await expect(linked.tuneFinder([], { targetRecall: 0.9 })).rejects.toThrow(/queries/);
  await expect(exact.tuneFinder(queries, { targetRecall: 0.9 })).rejects.toMatchObject({
    code: 'not-supported',
  });
});

it('scores with vectors that are fetched, of the rows that were there when it was asked', async () => {
  const asked: number[] = [];
  const fetchVectors = async (rows: readonly number[]) => {
    asked.push(...rows);
    return rows.map((row) => vectors[row]);
  };
  const index = await graphOf(quantizer, { fetchVectors });
  index.add(vectors);
  const found = index.searchAsync(vectors[7], { k: 3, rerank: 20 });
  index.delete([7]);
  expect((await found)[0]?.row).toBe(7);
  expect(asked.length).toBeGreaterThanOrEqual(20);
  expect(() => index.search(vectors[7], { k: 3 })).toThrow(/fetched/);
  expect(() => index.vector(8)).toThrow(/fetched/);
});

it('lets deleted rows go in the background, and can be stopped', async () => {
  const { linked } = await both(quantizer);
  linked.delete(Array.from({ length: 3000 }, (_, i) => 2 * i));
  await linked.maintain();
  const controller = new AbortController();
  linked.delete([1, 3, 5]);
  const stages: string[] = [];
  const stopped = linked.maintain({
    signal: controller.signal,
    onProgress: ({ stage }) => {
      stages.push(stage);
      controller.abort(new Error('enough'));
    },
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(stages).toEqual(['link']);
  await linked.maintain();
  expect(linked.rows).toBe(2997);
  await linked.maintain({ onProgress: () => expect.unreachable() });
});

it('refuses what cannot be', async () => {
  expect(() => graph({ M: 1 })).toThrow(/M: got 1/);
  expect(() => graph({ M: 2.5 })).toThrow(/M: got 2.5/);
  expect(() => graph({ efConstruction: 0 })).toThrow(/efConstruction: got 0/);
  await expect(new ExactIndex(24).attach(graph())).rejects.toThrow(/without codes/);
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  const first = index.attach(graph());
  await expect(index.attach(graph())).rejects.toMatchObject({ code: 'not-supported' });
  await expect(index.encode(quantizer)).rejects.toMatchObject({ code: 'not-supported' });
  await first;
});

it('is scanned where scores are symmetric', async () => {
  const { linked, scanned } = await both(quantizer);
  const options = { k: 5, scoring: 'symmetric' } as const;
  expect(linked.search(queries[0], options)).toEqual(scanned.search(queries[0], options));
});

describe('a graph that is made while others go on', () => {
  const changed = async (change: (index: BinaryIndex, step: number) => void) => {
    const index = new BinaryIndex({ quantizer });
    index.add(vectors.slice(0, 3000));
    let steps = 0;
    await index.attach(graph(), { onProgress: () => change(index, steps++) });
    expect(index.finder).toBe('graph');
    expect(steps).toBeGreaterThan(20);
    return index;
  };

  it('has what was added, changed and deleted meanwhile', async () => {
    const index = await changed((each, step) => {
      if (step > 40) return;
      each.add(vectors.slice(3000 + step, 3001 + step));
      if (each.has(2 * step)) each.update(2 * step, vectors[4000 + step]);
      each.delete([3 * step + 1, 2999 - step]);
    });
    const scanned = new BinaryIndex({ quantizer, vectors: index.vectors });
    let found = 0;
    for (const query of queries) {
      const rows = index.search(query, { k: 10, rerank: 40, efSearch: 240 });
      expect(rows.every(({ row }) => index.has(row))).toBe(true);
      const expected = scanned.search(query, { k: 10, rerank: 40 }).map(({ score }) => score);
      found += rows.filter(({ score }) => expected.includes(score)).length / 10;
    }
    expect(found / queries.length).toBeGreaterThan(0.97);
    for (const row of [3000, 3040, 0, 80]) {
      if (!index.has(row)) continue;
      expect(index.search(index.vector(row), { k: 1 })[0].row).toBe(row);
    }
  });

  it('is not there when it was aborted, and can be made again', async () => {
    const index = new BinaryIndex({ quantizer });
    index.add(vectors);
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done > 1000) controller.abort(new Error('enough'));
    };
    const making = index.attach(graph(), { signal: controller.signal, onProgress });
    await expect(making).rejects.toThrow('enough');
    expect(index.finder).toBe('scan');
    index.add(vectors.slice(0, 10));
    await index.attach(graph());
    expect(index.finder).toBe('graph');
    index.detach();
    expect(index.finder).toBe('scan');
  });
});

it('a snapshot finds what was there, by the graph as long as nothing was removed', async () => {
  const { linked } = await both(quantizer);
  const before = queries.map((query) => linked.search(query, { k: 10, rerank: 100 }));
  const snapshot = linked.snapshot();
  linked.add(queries);
  const shares = queries.map((query, i) => {
    const found = snapshot.search(query, { k: 10, rerank: 100 });
    expect(found.every(({ row }) => row < 6000)).toBe(true);
    return found.filter(({ row }) => before[i].some((other) => other.row === row)).length / 10;
  });
  expect(shares.reduce((sum, share) => sum + share) / shares.length).toBeGreaterThan(0.98);
  linked.delete([before[0][0].row]);
  expect(snapshot.search(queries[0], { k: 1 })[0]).toEqual(before[0][0]);
  expect(linked.search(queries[0], { k: 1 })[0].row).toBe(6000);
});

async function graphOf(each: Quantizer, storage?: VectorStorage): Promise<BinaryIndex> {
  const index = new BinaryIndex({ quantizer: each, storage });
  await index.attach(graph());
  return index;
}

async function both(
  each: Quantizer,
): Promise<{ readonly linked: BinaryIndex; readonly scanned: BinaryIndex }> {
  const linked = await graphOf(each);
  const scanned = new BinaryIndex({ quantizer: each });
  for (const index of [linked, scanned]) index.add(vectors);
  return { linked, scanned };
}

/** How much of what a scan finds the graph finds as well. */
function shared(linked: BinaryIndex, scanned: BinaryIndex): number {
  let found = 0;
  for (const query of queries) {
    const options = { k: 10, rerank: 40 };
    const rows = new Set(linked.search(query, { ...options, efSearch: 240 }).map(({ row }) => row));
    found += scanned.search(query, options).filter(({ row }) => rows.has(row)).length / 10;
  }
  return found / queries.length;
}

function draw(length: number): number[] {
  return Array.from({ length }, () => gaussian(random));
}

function near(middle: number): number[] {
  return middles[middle].map((value) => value + 0.7 * gaussian(random));
}
