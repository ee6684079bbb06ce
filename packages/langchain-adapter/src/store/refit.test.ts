import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@bitryoshka/core/internal';
import { afterAll, describe, expect, it } from 'vitest';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const dimensions = 32;
const embeddings = new WordEmbeddings(dimensions);
const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-refit-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const random = seededRandom(5);
const normal = () => random() + random() + random() + random() - 2;
const drawn = (shift: number) =>
  Array.from({ length: dimensions }, (_, j) => normal() + (j % 2 === 0 ? shift : 0));
const vectors = Array.from({ length: 600 }, () => drawn(0));
const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({ pageContent: `text ${first + i}`, metadata: {} }));

type Places = [
  where: string,
  create: (options: BinaryVectorStoreOptions) => Promise<BinaryVectorStore>,
][];
const places: Places = [
  ['in memory', async (options) => new BinaryVectorStore(embeddings, options)],
  [
    'in a file',
    async ({ storage: _storage, bits: _bits, similarity: _similarity, ...options }) =>
      BinaryVectorStore.open(join(folder, `${files++}.sqlite`), embeddings, { ...options, driver }),
  ],
];

async function filled(store: BinaryVectorStore): Promise<BinaryVectorStore> {
  await store.addVectors(vectors, documents(vectors.length));
  await store.settled();
  return store;
}

describe.each(places)('a refit of a store %s', (_, create) => {
  it('goes on beside changes, which are in the result', async () => {
    const store = await filled(
      await create({ index: 'scan', quantizer: { kind: 'median', bits: 32 }, targetRecall: 0.5 }),
    );
    let isDone = false;
    const refitting = store.refit({ onProgress: () => undefined }).finally(() => {
      isDone = true;
    });
    const ids = await store.addVectors([drawn(5)], documents(1, 5000));
    await store.delete({ ids: [ids[0] as string] });
    const added = drawn(6);
    await store.addVectors([added], documents(1, 6000));
    expect(isDone).toBe(false);
    const { isReplaced, quantizer } = await refitting;
    expect([isReplaced, store.quantizer]).toEqual([true, quantizer]);
    const [best] = await store.similaritySearchVectorWithScore(added, 1);
    expect(best?.[0].pageContent).toBe('text 6000');
    expect(store.stats().count).toBe(vectors.length + 1);
    await store.close();
  });

  it('rolls back to codes that find more', async () => {
    const store = await filled(
      await create({ index: 'scan', quantizer: { kind: 'itq', bits: 32 } }),
    );
    const before = store.quantizer;
    const health = await store.health();
    expect(health.quantizer?.recallAtFit).toBeGreaterThan(0.9);
    const refit = await store.refit({ quantizer: { kind: 'random', bits: 8 }, keepsBest: true });
    expect(refit).toMatchObject({ isReplaced: false, quantizer: before });
    expect(refit.recall?.after).toBeLessThan(refit.recall?.before ?? 0);
    expect(store.quantizer).toBe(before);
    // By the recipe of before, not of what was refused.
    expect((await store.refit()).quantizer.kind).toBe('itq');
    await store.close();
  });
});

it('learns from questions that were asked, as far as it is allowed to and that finds as much', async () => {
  // Thresholds of questions that lie far off throw away what tells them from the documents.
  const questions = Array.from({ length: 250 }, () => drawn(2));
  const refitted = async (options: BinaryVectorStoreOptions, keepsBest: boolean) => {
    const quantizer = { kind: 'median', bits: 32 } as const;
    const store = await filled(
      new BinaryVectorStore(embeddings, { index: 'scan', quantizer, ...options }),
    );
    for (const question of questions) await store.similaritySearchVectorWithScore(question, 3);
    await store.settled();
    const refit = await store.refit({ keepsBest });
    expect(refit.isReplaced).toBe(true);
    return refit.quantizer.project(questions, 'query').data;
  };
  const plain = await refitted({ learnFromQuestions: false }, false);
  expect(await refitted({}, false)).not.toEqual(plain);
  expect(await refitted({}, true)).toEqual(plain);
});

it('goes on beside deletions whose vectors leave the file', async () => {
  const quantizer = { kind: 'itq', bits: 32 } as const;
  const options = { driver, index: 'scan', quantizer, targetRecall: 0.5 } as const;
  const file = join(folder, 'deletions.sqlite');
  const store = await filled(await BinaryVectorStore.open(file, embeddings, options));
  const leaving = Array.from(store.entries(), ([id]) => id).slice(0, 400);
  let deleted: Promise<void> | undefined;
  const refit = await store.refit({
    onProgress: ({ stage }) => {
      if (stage === 'truth') deleted ??= store.delete({ ids: leaving });
    },
  });
  await deleted;
  await store.settled();
  expect(refit.recall?.after).toBeGreaterThan((refit.recall?.before ?? 1) - 0.1);
  expect(await store.similaritySearchVectorWithScore(drawn(0), 300)).toHaveLength(200);
  await store.close();
});

it('is of the vectors that are there at its end, as health is, where documents are embedded anew meanwhile', async () => {
  const file = join(folder, 'reembedded.sqlite');
  // Exact, so that other vectors are soon there.
  const store = await filled(
    await BinaryVectorStore.open(file, embeddings, { driver, targetRecall: 0.5 }),
  );
  const [{ quantizer }, health] = await Promise.all([
    store.refit({ quantizer: { kind: 'itq', bits: 32 } }),
    store.health(),
    store.reembed(new WordEmbeddings(48)),
  ]);
  await store.settled();
  expect([quantizer.inputDimensions, store.quantizer]).toEqual([48, quantizer]);
  expect(health.documents).toBe(vectors.length);
  await store.close();
});

it('is by the same recipe after a restart', async () => {
  for (const index of ['scan', 'exact'] as const) {
    const file = join(folder, `recipe-${index}.sqlite`);
    const quantizer = index === 'scan' ? ({ kind: 'median', bits: 32 } as const) : undefined;
    const options = { driver, index, quantizer, targetRecall: 0.5 };
    const store = await filled(await BinaryVectorStore.open(file, embeddings, options));
    await store.refit({ quantizer: { kind: 'itq', bits: 32 } });
    await store.settled();
    await store.close();
    const again = await BinaryVectorStore.open(file, embeddings, { driver });
    expect(again.stats().index).toBe(index);
    if (index === 'scan') expect((await again.refit()).quantizer.kind).toBe('itq');
    await again.close();
  }
});

it('keeps what was refused out of the file', async () => {
  const file = join(folder, 'refused.sqlite');
  const options = { driver, index: 'scan', quantizer: { kind: 'itq', bits: 32 } } as const;
  const store = await filled(await BinaryVectorStore.open(file, embeddings, options));
  const saved = store.quantizer?.save();
  await store.refit({ quantizer: { kind: 'random', bits: 8 }, keepsBest: true });
  await store.close();
  const again = await BinaryVectorStore.open(file, embeddings, { driver });
  expect(again.quantizer?.save()).toEqual(saved);
  expect((await again.health()).quantizer?.recallAtFit).toBeGreaterThan(0.9);
  await again.close();
});
