import { describe, expect, it, vi } from 'vitest';
import { fitQuantizer } from '../../quantizers/fit-quantizer.ts';
import type { LinearDecoder } from '../../quantizers/linear-decoder.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { FlatIndex } from '../flat-index.ts';
import { RowSet } from '../row-set.ts';
import { vectorIndexSuite } from '../vector-index.suite.ts';
import { InvertedIndex } from './inverted-index.ts';

const random = seededRandom(3);
const middles = Array.from({ length: 40 }, () => draw(24));
const vectors = Array.from({ length: 6000 }, (_, i) => near(i % 40));
const queries = Array.from({ length: 100 }, (_, i) => near((7 * i) % 40));
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
describe.each([
  ['codes', 1, 0],
  ['vectors', 1, 16],
  ['vectors', 2, 0],
  ['vectors', 2, 16],
] as const)('lists by %s, each row in %i, prefixes of %i bits', (centroids, copies, prefixBits) => {
  const train = (lists = 16) =>
    InvertedIndex.train(vectors.slice(0, 2000), quantizer, {
      lists,
      centroids,
      copies,
      prefixBits,
    });
  const all = prefixBits > 0 ? { prefixes: 1e6 } : { candidates: 1e6 };
  const everything = { probes: 1e6, rerank: 1e6, ...all };

  vectorIndexSuite(() => train(6), everything);

  it('find what a flat index finds when all are looked through', async () => {
    const index = await train();
    index.add(vectors);
    await index.maintain();
    const flat = new FlatIndex(quantizer);
    flat.add(vectors);
    for (const query of queries.slice(0, 10)) {
      for (const scoring of ['symmetric', 'asymmetric', 'decoded'] as const) {
        const options = { k: 9, scoring, candidates: 6000, rerank: 0 };
        const byPrefixes = prefixBits > 0 && scoring !== 'symmetric' ? { prefixes: 6000 } : {};
        const found = index.search(query, { ...options, ...byPrefixes, probes: index.lists });
        const expected = flat.search(query, options);
        // Distances are few, so that many rows are as near as the last.
        if (scoring !== 'symmetric') expect(found).toEqual(expected);
        expect(found.map(({ score }) => score)).toEqual(expected.map(({ score }) => score));
      }
    }
  });

  it('have no lengths of decoded codes where these are computed', async () => {
    const encodeNorms = vi.spyOn(quantizer.decoder as LinearDecoder, 'encodeNorms');
    const options = { lists: 10, centroids, copies, norms: 'computed' } as const;
    const index = await InvertedIndex.train(vectors.slice(0, 2000), quantizer, options);
    const flat = new FlatIndex(quantizer, undefined, undefined, { norms: 'computed' });
    const crowd = Array.from({ length: 1500 }, () => near(1));
    for (const each of [index, flat]) {
      each.add(vectors.slice(0, 1000));
      each.add(crowd);
      each.delete([3, 1004]);
    }
    await index.maintain();
    expect(index.lists).toBeGreaterThan(10);
    const search = { k: 9, candidates: 2500, rerank: 0 };
    for (const query of queries.slice(0, 5)) {
      const expected = flat.search(query, search);
      expect(index.search(query, { ...search, probes: index.lists })).toEqual(expected);
    }
    const selected = index.select([5, 6, 7]);
    expect(selected.search(vectors[6], { ...search, k: 1 })[0]?.row).toBe(1);
    expect(encodeNorms).not.toHaveBeenCalled();
    encodeNorms.mockRestore();
  });

  it('are about equally long', async () => {
    const index = await train(20);
    index.add(vectors);
    const sizes = index.listSizes();
    expect(sizes.reduce((a, b) => a + b)).toBe(copies * 6000);
    expect(Math.max(...sizes)).toBeLessThan(copies * 4 * 300);
  });

  it('are as many as are needed for a recall on queries that were held out', async () => {
    const index = await train(40);
    index.add(vectors);
    await index.maintain();
    const few = index.chooseProbes(queries.slice(0, 50), { targetRecall: 0.8 });
    const many = index.chooseProbes(queries.slice(0, 50), { targetRecall: 0.97 });
    expect(few).toBeLessThanOrEqual(many);
    expect(many).toBeLessThan(index.lists / 2);
    let found = 0;
    for (const query of queries.slice(50)) {
      const all = index.search(query, { k: 10, probes: index.lists }).map(({ row }) => row);
      found += index.search(query, { k: 10 }).filter(({ row }) => all.includes(row)).length;
    }
    expect(found / 500).toBeGreaterThan(0.9);
  });

  it('are looked through until k allowed rows are found', async () => {
    const index = await train();
    index.add(vectors);
    const allowed = RowSet.of([3, 777, 1500, 5999]);
    const found = index.search(queries[0], { k: 4, probes: 1, allowed });
    expect(found.map(({ row }) => row).sort((a, b) => a - b)).toEqual([3, 777, 1500, 5999]);
  });

  it('are split when they are overgrown, and lose nothing', async () => {
    const index = await train(10);
    index.add(vectors.slice(0, 1000));
    const crowd = Array.from({ length: 3000 }, () => near(1));
    for (let i = 0; i < 3000; i += 100) {
      index.add(crowd.slice(i, i + 100));
      index.delete([i, 1000 + i]);
    }
    await index.maintain();
    expect(index.lists).toBeGreaterThan(10);
    expect(index.rows).toBe(4000 - 40);
    expect(index.listSizes().reduce((a, b) => a + b)).toBe(copies * index.rows);
    const found = index.search(crowd[7], { k: 5000, ...everything });
    expect(new Set(found.map(({ row }) => row)).size).toBe(index.rows);
  });

  it('may change while they are split', async () => {
    const index = await train(10);
    const flat = new FlatIndex(quantizer);
    const crowd = Array.from({ length: 2500 }, () => near(1));
    for (const each of [index, flat]) each.add(crowd);
    const lists = index.lists;
    for (let i = 0; index.lists < lists + 2 && i < 1000; i++) {
      for (const each of [index, flat]) {
        each.update(2 * i, crowd[2 * i + 1]);
        each.delete([2 * i + 1]);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    await index.maintain();
    expect(index.lists).toBeGreaterThan(lists);
    const options = { k: 3000, candidates: 3000, rerank: 0, scoring: 'asymmetric' as const };
    for (const query of queries.slice(0, 5)) {
      expect(index.search(query, { ...options, probes: index.lists })).toEqual(
        flat.search(query, options),
      );
    }
  });
});

it('hand on as many rows as are nearest by prefixes', async () => {
  const options = { lists: 16, copies: 2, prefixBits: 16 } as const;
  const index = await InvertedIndex.train(vectors.slice(0, 2000), quantizer, options);
  index.add(vectors);
  await index.maintain();
  const recall = (search: object) => {
    let found = 0;
    for (const query of queries) {
      const best = index.search(query, { k: 10, probes: 16, candidates: 6000, rerank: 6000 });
      const rows = index.search(query, { k: 10, probes: 16, ...search }).map(({ row }) => row);
      found += best.filter(({ row }) => rows.includes(row)).length;
    }
    return found / (10 * queries.length);
  };
  const [few, many, all] = [30, 300, 6000].map((prefixes) =>
    recall({ prefixes, rerank: prefixes }),
  );
  expect(few).toBeLessThan(0.7);
  expect(many).toBeGreaterThan(few + 0.1);
  expect(all).toBe(1);
  const safe = { k: 10, prefixes: 'safe', candidates: 300, rerank: 100 } as const;
  for (const query of queries.slice(0, 20)) {
    expect(index.search(query, safe)).toEqual(
      index.search(query, { k: 10, candidates: 300, rerank: 100 }),
    );
  }
});

it('refuses what makes no sense', async () => {
  const refused = (options: object) =>
    InvertedIndex.train(vectors.slice(0, 50), quantizer, options);
  await expect(refused({ lists: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
  await expect(refused({ lists: 51 })).rejects.toMatchObject({ code: 'not-enough-vectors' });
  await expect(refused({ norms: 'none' })).rejects.toMatchObject({ code: 'invalid-option' });
  await expect(refused({ copies: 3 })).rejects.toThrow(/copies: got 3, expected 1, or 2/);
  await expect(refused({ copies: 2, lists: 1 })).rejects.toThrow(/with two lists or more/);
  await expect(refused({ copies: 2, centroids: 'codes' })).rejects.toThrow(/centroids of vectors/);
  await expect(refused({ centroids: 'trees' })).rejects.toMatchObject({ code: 'invalid-option' });
  await expect(refused({ prefixBits: 12 })).rejects.toThrow(/prefixBits: got 12/);
  const index = await refused({ lists: 5 });
  expect(() => index.search(vectors[0], { k: 1, prefixes: 9 })).toThrow(/prefixes: got 9/);
  expect(() => index.search(vectors[0], { k: 1, probes: 0 })).toThrow(/probes: got 0/);
  expect(() => index.chooseProbes(vectors, { targetRecall: 2 })).toThrow(/targetRecall: got 2/);
});

function draw(length: number): number[] {
  return Array.from({ length }, () => gaussian(random));
}

function near(middle: number): number[] {
  return (middles[middle] as number[]).map((value) => value + 0.7 * gaussian(random));
}
