import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { AutoIndex } from './auto-index.ts';
import { binaryIndexSuite } from './binary-index.suite.ts';
import { ExactIndex } from './exact-index.ts';
import { saveIndex } from './index-file.ts';

const random = seededRandom(4);
const dimensions = 96;
const middles = Array.from({ length: 60 }, () => draw(dimensions));
const draws = (count: number) => Array.from({ length: count }, (_, i) => near(i % 60));
const vectors = draws(6000);
const queries = Array.from({ length: 60 }, (_, i) => near((7 * i) % 60));

describe('an index that follows its rows', () => {
  binaryIndexSuite(async (storage) => new AutoIndex({ dimensions: 24, storage, index: 'scan' }), {
    candidates: 1e6,
    rerank: 1e6,
  });
});

it('is exact while it is small, then has codes, then a graph, and back', async () => {
  const stages = new Set<string>();
  const index = new AutoIndex({ dimensions, onProgress: ({ stage }) => stages.add(stage) });
  index.add(vectors.slice(0, 1000));
  await index.settled();
  expect([index.finder, index.depth]).toEqual(['exact', {}]);
  index.add(vectors.slice(1000, 3500));
  // Until it is as quick and finds as much, searches are as they were.
  expect(index.finder).toBe('exact');
  await index.settled();
  expect(index.finder).toBe('scan');
  expect(recall(index)).toBeGreaterThan(0.97);
  await index.addAsync(vectors.slice(3500));
  await index.settled();
  expect(index.finder).toBe('graph');
  expect(recall(index)).toBeGreaterThan(0.97);
  expect([...stages]).toEqual(
    expect.arrayContaining(['sample', 'encode', 'truth', 'measure', 'graph']),
  );
  // A little fewer rows than it takes are no reason to go back.
  index.delete(Array.from({ length: 3000 }, (_, i) => i));
  await index.settled();
  expect(index.finder).toBe('graph');
  index.delete(Array.from({ length: 1300 }, (_, i) => 3000 + i));
  await index.settled();
  expect(index.finder).toBe('scan');
  index.delete(Array.from({ length: 1000 }, (_, i) => 4300 + i));
  await index.settled();
  expect([index.finder, index.quantizer]).toEqual(['exact', undefined]);
  expect(recall(index)).toBe(1);
  const asked = { k: 20 };
  expect(index.snapshot().search(queries[0], asked)).toEqual(index.search(queries[0], asked));
});

it('goes on while rows come, go and change in the background', async () => {
  const index = new AutoIndex({ dimensions });
  await index.addAsync(vectors);
  let steps = 0;
  const timer = setInterval(() => {
    if (steps >= 200) return;
    index.add([vectors[steps]]);
    if (index.has(2 * steps)) index.update(2 * steps, vectors[steps + 1]);
    index.delete([3 * steps + 1]);
    expect(index.search(queries[0], { k: 5 })).toHaveLength(5);
    steps++;
  }, 1);
  await index.settled();
  clearInterval(timer);
  expect(steps).toBeGreaterThan(20);
  expect(index.finder).toBe('graph');
  expect(recall(index)).toBeGreaterThan(0.96);
});

it('keeps exact searches where codes would find less than is asked for', async () => {
  // So close to one another that their bits are all alike.
  const middle = draw(8);
  const crowd = Array.from({ length: 40_000 }, () =>
    middle.map((value) => value + 0.02 * gaussian(random)),
  );
  const index = new AutoIndex({ dimensions: 8, targetRecall: 1 });
  index.add(crowd);
  await index.settled();
  const found = index.search(crowd[17], { k: 1 });
  expect(found[0].row).toBe(17);
  if (index.finder === 'exact') return;
  const exact = new ExactIndex(8, index.vectors);
  for (const query of crowd.slice(0, 20)) {
    const rows = exact.search(query, { k: 10 }).map(({ row }) => row);
    expect(index.search(query, { k: 10 }).filter(({ row }) => rows.includes(row)).length).toBe(10);
  }
});

it.each(['exact', 'scan', 'graph', 'lists'] as const)(
  'searches as it is told: %s',
  async (kind) => {
    const index = new AutoIndex({ dimensions, index: kind });
    index.add(vectors);
    await index.settled();
    expect(index.finder).toBe(kind);
    expect(recall(index)).toBeGreaterThan(0.95);
    index.delete(Array.from({ length: 5990 }, (_, i) => i));
    await index.settled();
    expect(index.finder).toBe(kind);
    expect(index.search(vectors[5995], { k: 1 })[0].row).toBe(5995);
  },
);

it('keeps the codes of a quantizer that it is given', async () => {
  const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 64 });
  const index = new AutoIndex({ dimensions, quantizer });
  expect(index.finder).toBe('scan');
  index.add(vectors.slice(0, 100));
  await index.settled();
  expect([index.finder, index.quantizer]).toEqual(['scan', quantizer]);
  const other = await fitQuantizer(vectors, { kind: 'itq', bits: 32 });
  const refit = await index.refit(other);
  expect(refit).toEqual({ quantizer: other, isReplaced: true, recall: undefined });
  expect(index.quantizer).toBe(other);
});

it('keeps the codes that there are where others find less, if the best is asked for', async () => {
  const [better, worse] = await Promise.all(
    [128, 16].map((bits) => fitQuantizer(vectors, { kind: 'random', bits })),
  );
  const index = new AutoIndex({ dimensions, quantizer: better, index: 'scan' });
  index.add(vectors.slice(0, 3000));
  await index.settled();
  const { fittedBelow, depth } = index.state;
  const refused = await index.refit(worse, { keepsBest: true });
  expect(refused).toMatchObject({ quantizer: better, isReplaced: false });
  const { before = 0, after = 1 } = refused.recall ?? {};
  expect(before).toBeGreaterThan(after + 0.05);
  expect([index.quantizer, index.state.fittedBelow]).toEqual([better, fittedBelow]);
  expect(index.state.depth).toEqual(depth);
  // What is asked for by name is taken, whatever it finds.
  expect((await index.refit(worse)).isReplaced).toBe(true);
  const accepted = await index.refit(better, { keepsBest: true });
  expect(accepted).toMatchObject({ quantizer: better, isReplaced: true });
  expect(accepted.recall?.after).toBeGreaterThan(accepted.recall?.before ?? 1);
  expect(index.state.fittedBelow).toBe(3000);
  expect(index.state.fittedRecall).toBeGreaterThan(0.9);
});

it('goes on with changes while it is refitted', async () => {
  const index = new AutoIndex({ dimensions, index: 'scan' });
  index.add(vectors.slice(0, 3000));
  await index.settled();
  const refitting = index.refit(await fitQuantizer(vectors, { kind: 'itq', bits: 64 }));
  for (let i = 3000; i < 4000; i += 100) {
    await index.addAsync(vectors.slice(i, i + 100));
    index.delete([i - 3000]);
  }
  await refitting;
  await index.settled();
  expect([index.quantizer?.kind, index.rows]).toEqual(['itq', 3990]);
  expect(index.search(vectors[3950], { k: 1 })[0].row).toBe(3950);
});

it('is as it was until a refit is complete, also where that fails at the end', async () => {
  const [better, worse] = await Promise.all(
    [128, 16].map((bits) => fitQuantizer(vectors, { kind: 'random', bits })),
  );
  const fit = { fewestRows: 10, fit: async () => better };
  const index = new AutoIndex({ dimensions, fit, index: 'scan' });
  index.add(vectors.slice(0, 3000));
  await index.settled();
  const { state } = index;
  const { settings } = index.contents;
  let isExamined = false;
  const onProgress = ({ stage }: { stage: string }) => {
    // What is written while it is looked at is encoded at the end.
    if (stage === 'truth' && !isExamined) index.add(vectors.slice(3000, 3100));
    if (stage === 'truth') isExamined = true;
    expect(index.contents.settings).toEqual(settings);
    if (isExamined && stage === 'encode') throw new Error('at the end');
  };
  await expect(index.refit(worse, { onProgress })).rejects.toThrow('at the end');
  expect(index.quantizer).toBe(better);
  expect(index.state).toEqual(state);
  expect(index.contents.settings).toEqual(settings);
});

it('compares codes by the rows that are left, where many go meanwhile', async () => {
  const [before, after] = await Promise.all(
    [64, 96].map((bits) => fitQuantizer(vectors, { kind: 'random', bits })),
  );
  const index = new AutoIndex({ dimensions, quantizer: before, index: 'scan' });
  index.add(vectors.slice(0, 4000));
  await index.settled();
  let isCompared = false;
  const onProgress = ({ stage }: { stage: string }) => {
    if (stage !== 'compare' || isCompared) return;
    isCompared = true;
    index.delete(Array.from({ length: 2000 }, (_, i) => 2 * i));
  };
  const refit = await index.refit(after, { keepsBest: true, onProgress });
  expect(refit).toMatchObject({ quantizer: after, isReplaced: true });
  expect(refit.recall?.after).toBeGreaterThan(refit.recall?.before ?? 1);
});

it('tells who waits what failed, once, and goes on as it was', async () => {
  const fit = { fewestRows: 10, fit: () => Promise.reject(new Error('no codes today')) };
  const index = new AutoIndex({ dimensions, fit });
  index.add(vectors.slice(0, 5000));
  await expect(index.settled()).rejects.toThrow('no codes today');
  await index.settled();
  expect(index.finder).toBe('exact');
  await expect(index.refit(undefined)).rejects.toThrow('no codes today');
  expect(index.search(vectors[3], { k: 1 })[0].row).toBe(3);
  index.close();
});

it('looks farther for more neighbours, and as far as it is told', async () => {
  const index = new AutoIndex({ dimensions, index: 'scan' });
  index.add(vectors.slice(0, 3000));
  await index.settled();
  const { rerank = 0 } = index.depth;
  expect(rerank).toBeGreaterThan(0);
  expect(index.search(queries[0], { k: 10 })).toEqual(
    index.search(queries[0], { k: 10, ...index.depth }),
  );
  const all = { candidates: 3000, rerank: 3000 };
  const exact = new ExactIndex(dimensions, index.vectors);
  expect(index.search(queries[0], { k: 200, ...all })).toEqual(
    exact.search(queries[0], { k: 200 }),
  );
  expect(index.search(queries[0], { k: 200 })).toHaveLength(200);
});

describe('how far it looks', () => {
  // A crowd, of which codes tell little, and groups of ten, each by itself.
  const crowd = draws(2000);
  const groups = Array.from({ length: 150 }, () => draw(dimensions).map((value) => 4 * value));
  const nearGroup = (group: number) =>
    groups[group].map((value) => value + 0.05 * gaussian(random));
  const members = groups.flatMap((_, group) => Array.from({ length: 10 }, () => nearGroup(group)));
  const crowded = async (stages?: Set<string>) => {
    const quantizer = await fitQuantizer(crowd, { kind: 'random', bits: 48, decoder: false });
    const index = new AutoIndex({
      dimensions,
      quantizer,
      onProgress: ({ stage }) => stages?.add(stage),
    });
    index.add([...crowd, ...members]);
    await index.settled();
    stages?.clear();
    return index;
  };

  it('is chosen by what is asked, once that is enough', async () => {
    const index = await crowded();
    const { rerank: before = 0 } = index.depth;
    for (let group = 0; group < 99; group++) index.search(nearGroup(group), { k: 10 });
    await index.settled();
    expect(index.depth.rerank).toBe(before);
    index.search(nearGroup(99), { k: 10 });
    await index.settled();
    expect(index.depth.rerank).toBeLessThan(before);
    // More of another kind are asked.
    for (let i = 0; i < 300; i++) await index.searchAsync(near(i % 60), { k: 10 });
    await index.settled();
    expect(index.depth.rerank).toBeGreaterThan(100);
  });

  it('has nothing to learn from a question that is asked again, or from how far others look', async () => {
    const stages = new Set<string>();
    const index = await crowded(stages);
    for (let i = 0; i < 300; i++) {
      index.search(queries[i % 2], { k: 10 });
      index.search(queries[i % 60], { k: 10, rerank: 20 });
    }
    await index.settled();
    expect([...stages]).toEqual([]);
  });
});

it('comes back from a file as it was, and goes on from there', async () => {
  const index = new AutoIndex({ dimensions, storage: 'float16' });
  index.add(vectors.slice(0, 5000));
  await index.settled();
  const file = Uint8Array.from(Buffer.concat([...saveIndex(index)]));
  const loaded = await AutoIndex.load(file);
  expect([loaded.finder, loaded.depth, loaded.bytesPerVector]).toEqual([
    'graph',
    index.depth,
    index.bytesPerVector,
  ]);
  for (const query of queries) {
    expect(loaded.search(query, { k: 10 })).toEqual(index.search(query, { k: 10 }));
  }
  loaded.delete(Array.from({ length: 4900 }, (_, i) => i));
  await loaded.settled();
  expect(loaded.finder).toBe('exact');
});

it.each([
  { index: 'tree' },
  { targetRecall: 0 },
  { targetRecall: '1' },
  { storage: { fetchVectors: async () => [] } },
  { M: 1 },
  { nlist: 0 },
  { dimensions: 0 },
])('refuses %o', (options) => {
  expect(() => new AutoIndex({ dimensions: 8, ...(options as object) })).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});

/** How much of what an exact search finds. */
function recall(index: AutoIndex): number {
  const exact = new ExactIndex(dimensions, index.vectors);
  const rows = index.rowIds();
  let found = 0;
  for (const query of queries) {
    const nearest = exact.search(query, { k: 10 }).map(({ row }) => rows[row]);
    found += index.search(query, { k: 10 }).filter(({ row }) => nearest.includes(row)).length / 10;
  }
  return found / queries.length;
}

function draw(length: number): number[] {
  return Array.from({ length }, () => gaussian(random));
}

function near(middle: number): number[] {
  return middles[middle].map((value) => value + 0.9 * gaussian(random));
}
