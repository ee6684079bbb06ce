import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../../../quantizers/fit.ts';
import { gaussian, seededRandom } from '../../../vectors/random.ts';
import { binaryIndexSuite } from '../../binary-index.suite.ts';
import { BinaryIndex } from '../../binary-index.ts';
import { ExactIndex } from '../../exact-index.ts';
import { RowSet } from '../../rows/row-set.ts';
import type { Finder, SavedFinder } from '../finder.ts';
import type { ListsOptions } from './lists.ts';
import { lists } from './lists.ts';

const random = seededRandom(3);
const middles = Array.from({ length: 40 }, () => draw(24));
const vectors = Array.from({ length: 3000 }, (_, i) => near(i % 40));
const queries = Array.from({ length: 100 }, (_, i) => near((7 * i) % 40));
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });

/** An index with lists that were learned from some of the vectors, and none of these in it. */
async function listed({
  prefixBits,
  ...options
}: ListsOptions & { readonly prefixBits?: number }): Promise<BinaryIndex> {
  const index = new BinaryIndex({ quantizer, prefixBits });
  index.add(vectors.slice(0, 2000));
  await index.attach(lists(options));
  index.delete(Array.from({ length: 2000 }, (_, i) => i));
  return index;
}

function saved(finder: Finder | undefined): SavedFinder {
  const { fields, arrays } = (finder as Finder).save();
  const read = async (name: string) => Uint8Array.from(Buffer.concat([...arrays[name].pieces()]));
  return { fields, read };
}

function scannedCopy(index: BinaryIndex): BinaryIndex {
  return new BinaryIndex({ quantizer, vectors: index.vectors });
}

describe.each([
  ['codes', 1, 0],
  ['vectors', 1, 16],
  ['vectors', 2, 0],
  ['vectors', 2, 16],
] as const)('lists by %s, each row in %i, prefixes of %i bits', (centroids, copies, prefixBits) => {
  const options = (nlist: number) => ({ nlist, centroids, copies, prefixBits });
  const all = prefixBits > 0 ? { prefixes: 1e6 } : { candidates: 1e6 };
  const everything = { nprobe: 1e6, rerank: 1e6, ...all };

  let learning: Promise<BinaryIndex> | undefined;

  binaryIndexSuite(async (storage) => {
    const index = new BinaryIndex({ quantizer, storage, prefixBits });
    learning ??= listed(options(6));
    // The numbers of rows begin at 0: lists that were learned elsewhere are taken over.
    const plan = lists({ nlist: 6, centroids, copies });
    const { finder } = (await learning).contents;
    await index.attach({ ...plan, create: (context) => plan.load(context, saved(finder)) });
    return index;
  }, everything);

  it('find what a scan finds when all are looked through', async () => {
    const index = await listed(options(16));
    index.add(vectors);
    await index.maintain();
    const scanned = scannedCopy(index);
    for (const query of queries.slice(0, 10)) {
      for (const scoring of ['asymmetric', 'decoded'] as const) {
        const search = { k: 9, scoring, candidates: 3000, rerank: 0 };
        const byPrefixes = prefixBits > 0 ? { prefixes: 3000 } : {};
        const found = index.search(query, { ...search, ...byPrefixes, nprobe: 1000 });
        const expected = scanned.search(query, search);
        const last = expected[8].score;
        // Among those as good as the last, lists take the first that they come to.
        const clear = (rows: typeof expected) => rows.filter(({ score }) => score > last);
        expect(clear(found).map(({ row, score }) => ({ row: row - 2000, score }))).toEqual(
          clear(expected),
        );
        expect(found.map(({ score }) => score)).toEqual(expected.map(({ score }) => score));
      }
    }
  });

  it('look through as many as are needed for a recall on queries that were held out', async () => {
    const index = await listed(options(40));
    index.add(vectors);
    await index.maintain();
    const exact = new ExactIndex(24, index.vectors);
    const recall = (asked: readonly number[][]) => {
      let found = 0;
      for (const query of asked) {
        const nearest = exact.search(query, { k: 10 }).map(({ row }) => row + 2000);
        found += index.search(query, { k: 10 }).filter(({ row }) => nearest.includes(row)).length;
      }
      return found / (10 * asked.length);
    };
    const few = await index.tuneFinder(queries.slice(0, 50), { targetRecall: 0.7 });
    const before = recall(queries.slice(0, 50));
    expect(before).toBeCloseTo(few, 6);
    const many = await index.tuneFinder(queries.slice(0, 50), { targetRecall: 0.95 });
    expect(many).toBeGreaterThanOrEqual(0.95);
    expect(many).toBeGreaterThanOrEqual(few);
    expect(recall(queries.slice(50))).toBeGreaterThan(0.85);
  });

  it('leave to a scan what k allowed rows are not found in', async () => {
    const index = await listed(options(16));
    index.add(vectors);
    const allowed = RowSet.of([2003, 2777, 3500, 4999]);
    const search = { k: 4, nprobe: 1, candidates: 3, rerank: 3, allowed };
    const found = index.search(queries[0], search);
    expect(found.map(({ row }) => row).sort((a, b) => a - b)).toEqual([2003, 2777, 3500, 4999]);
  });

  it('are split when they are overgrown, and lose nothing', async () => {
    const index = await listed(options(10));
    index.add(vectors.slice(0, 1000));
    const crowd = Array.from({ length: 3000 }, () => near(1, 0.3));
    const counts = () => index.contents.finder?.save().fields.nlist as number;
    for (let i = 0; i < 3000; i += 100) {
      index.add(crowd.slice(i, i + 100));
      index.delete([2000 + i, 3000 + i]);
    }
    await index.maintain();
    expect(counts()).toBeGreaterThan(10);
    expect(index.rows).toBe(4000 - 60 + 20);
    const found = index.search(crowd[7], { k: 5000, ...everything });
    expect(new Set(found.map(({ row }) => row)).size).toBe(index.rows);
  });

  it('may change while they are split', async () => {
    const index = await listed(options(10));
    const crowd = Array.from({ length: 2500 }, () => near(1));
    const count = () => index.contents.finder?.save().fields.nlist as number;
    const before = count();
    index.add(crowd);
    for (let i = 0; count() < before + 2 && i < 1000; i++) {
      index.update(2000 + 2 * i, crowd[2 * i + 1]);
      index.delete([2000 + 2 * i + 1]);
      await new Promise((resolve) => setTimeout(resolve));
    }
    await index.maintain();
    expect(count()).toBeGreaterThan(before);
    const exact = new ExactIndex(24, index.vectors);
    for (const query of queries.slice(0, 5)) {
      const scores = index.search(query, { k: 3000, ...everything }).map(({ score }) => score);
      expect(scores).toEqual(exact.search(query, { k: 3000 }).map(({ score }) => score));
    }
  });
});

it('hand on as many rows as are nearest by prefixes', async () => {
  const index = await listed({ nlist: 16, copies: 2, prefixBits: 16 });
  index.add(vectors);
  await index.maintain();
  const recall = (search: object) => {
    let found = 0;
    for (const query of queries) {
      const best = index.search(query, { k: 10, nprobe: 16, candidates: 3000, rerank: 3000 });
      const rows = index.search(query, { k: 10, nprobe: 16, ...search }).map(({ row }) => row);
      found += best.filter(({ row }) => rows.includes(row)).length;
    }
    return found / (10 * queries.length);
  };
  const [few, many, all] = [15, 150, 3000].map((prefixes) =>
    recall({ prefixes, rerank: prefixes }),
  );
  expect(few).toBeLessThan(0.7);
  expect(many).toBeGreaterThan(few + 0.1);
  expect(all).toBe(1);
});

it('refuses what makes no sense', async () => {
  const refused = async (options: object, rows = 50) => {
    const index = new BinaryIndex({ quantizer });
    index.add(vectors.slice(0, rows));
    await index.attach(lists(options));
  };
  await expect(refused({ nlist: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
  await expect(refused({ nlist: 51 })).rejects.toMatchObject({ code: 'not-enough-vectors' });
  await expect(refused({}, 0)).rejects.toMatchObject({ code: 'not-enough-vectors' });
  await expect(refused({ copies: 3 })).rejects.toThrow(/copies: got 3, expected 1 or 2/);
  await expect(refused({ copies: 2, nlist: 1 })).rejects.toThrow(/with two lists or more/);
  await expect(refused({ copies: 2, centroids: 'codes' })).rejects.toThrow(/centroids of vectors/);
  await expect(refused({ centroids: 'trees' })).rejects.toMatchObject({ code: 'invalid-option' });
});

function draw(length: number): number[] {
  return Array.from({ length }, () => gaussian(random));
}

function near(middle: number, spread = 0.7): number[] {
  return (middles[middle] as number[]).map((value) => value + spread * gaussian(random));
}
