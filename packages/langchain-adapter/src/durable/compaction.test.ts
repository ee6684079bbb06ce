import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { verifyStoreFile } from './recover-file.ts';
import { driver } from './sqlite-drivers.suite.ts';

const embeddings = new WordEmbeddings();
const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return new Document({
      pageContent: `text ${n} of topic${n % 17}`,
      metadata: { n },
      id: `${n}`,
    });
  });

let folder: string;
let file: string;
const opened: BinaryVectorStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-compaction-'));
  file = join(folder, 'store.sqlite');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

async function open(options: Parameters<typeof BinaryVectorStore.open>[2] = {}) {
  const store = await BinaryVectorStore.open(file, embeddings, { driver, ...options });
  opened.push(store);
  return store;
}

/** What is found, and all documents then. */
async function state(store: BinaryVectorStore) {
  const found = await store.similaritySearchWithScore('text of topic3', 8);
  const entries = Array.from(store.entries(), ([id, { pageContent }]) => [id, pageContent]);
  return { found: found.map(([{ id }]) => id), entries };
}

function count(table: string): number {
  const database = driver(file);
  const { rows } = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get() as {
    rows: number;
  };
  database.close();
  return rows;
}

const indexes = ['exact', 'scan', 'graph'] as const;

describe.each(indexes)('the file of a store whose index is %s', (index) => {
  it('stays in few pieces, however many additions there were, and is seen by others', async () => {
    const store = await open({ index });
    await store.addDocuments(documents(100));
    await store.settled();
    const reader = await open({ readOnly: true });
    for (let i = 0; i < 75; i++) {
      await store.addDocuments(documents(1, 100 + i));
      if (i % 3 === 0) await store.delete({ ids: [`${i}`] });
      if (i % 10 === 0) expect(await state(reader)).toEqual(await state(store));
    }
    await store.settled();
    expect(count('runs')).toBeLessThan(25);
    const expected = await state(store);
    expect(await state(reader)).toEqual(expected);
    await store.close();
    expect(await state(await open())).toEqual(expected);
    expect(await verifyStoreFile(file, { driver })).toMatchObject({ isWhole: true });
  });

  it('is as small as it can be when it was compacted', async () => {
    const store = await open({ index, hybrid: true, targetRecall: 0.5 });
    await store.addDocuments(documents(2400));
    await store.settled();
    const reader = await open({ readOnly: true, hybrid: true });
    const behind = await open({ readOnly: true, hybrid: true });
    await state(behind);
    const before = (await store.health()).bytes.file as number;
    await store.delete({ ids: documents(2300, 50).map(({ id }) => id as string) });
    expect(await state(reader)).toEqual(await state(store));
    const stages = new Set<string>();
    await store.compact({ onProgress: ({ stage }) => stages.add(stage) });
    expect(stages).toContain('compact');
    // A graph keeps room for as many rows as there were.
    const share = index === 'graph' ? 2 : 4;
    expect((await stat(file)).size).toBeLessThan(before / share);
    expect([count('runs'), count('removals'), count('documents')]).toEqual([1, 0, 100]);
    const expected = await state(store);
    expect(expected.entries).toHaveLength(100);
    // Who has not looked since has more to catch up with than is told of.
    for (const each of [reader, behind]) expect(await state(each)).toEqual(expected);
    await store.addDocuments(documents(5, 5000));
    await store.delete({ ids: ['5001', '7'] });
    await store.settled();
    const later = await state(store);
    for (const each of [reader, behind]) expect(await state(each)).toEqual(later);
    await expect(reader.compact()).rejects.toMatchObject({ code: 'not-supported' });
    await store.close();
    const again = await open();
    expect(await state(again)).toEqual(later);
    await again.addDocuments(documents(1, 9000));
    expect((await state(again)).entries.at(-1)?.[0]).toBe('9000');
  });
});

it('gives back by itself what many deletions leave', async () => {
  const store = await open();
  const long = documents(2000).map(
    (each) =>
      new Document({
        pageContent: `${each.pageContent} ${'x'.repeat(2000)}`,
        id: each.id as string,
      }),
  );
  await store.addDocuments(long);
  await store.settled();
  const before = (await store.health()).bytes.file as number;
  await store.delete({ ids: long.slice(100).map(({ id }) => id as string) });
  await store.settled();
  expect((await stat(file)).size).toBeLessThan(before / 4);
  expect(count('documents')).toBe(100);
});

it('leaves a store as it is when compacting is aborted', async () => {
  const store = await open({ index: 'scan' });
  for (let i = 0; i < 12; i++) await store.addDocuments(documents(10, 10 * i));
  await store.delete({ ids: ['3', '50'] });
  await store.settled();
  const expected = await state(store);
  for (const stage of ['compact', 'collect', 'save']) {
    const controller = new AbortController();
    const onProgress = (progress: { stage: string }) => {
      if (progress.stage === stage) controller.abort(new Error('enough'));
    };
    await store.compact({ signal: controller.signal, onProgress }).catch(() => undefined);
    expect(await state(store)).toEqual(expected);
  }
  await expect(store.compact({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow(
    'never',
  );
  await store.close();
  expect(await state(await open())).toEqual(expected);
});

it('takes up what an interrupted one has left', async () => {
  const store = await open();
  await store.addDocuments(documents(1500));
  await store.delete({ ids: documents(1400).map(({ id }) => id as string) });
  await store.settled();
  const onProgress = ({ stage }: { stage: string }) => {
    if (stage === 'compact' && count('removals') < 1400) throw new Error('enough');
  };
  await expect(store.compact({ onProgress })).rejects.toThrow('enough');
  expect(count('removals')).toBeGreaterThan(0);
  await store.compact();
  expect(count('removals')).toBe(0);
});

it('waits for nobody who reads', async () => {
  const store = await open();
  await store.addDocuments(documents(1500));
  const reading = driver(file);
  reading.exec('BEGIN');
  reading.prepare('SELECT count(*) FROM documents').get();
  await store.delete({ ids: documents(1400).map(({ id }) => id as string) });
  const began = performance.now();
  await store.compact();
  expect(performance.now() - began).toBeLessThan(4000);
  reading.close();
});

it('is aborted at once while codes are made', async () => {
  const store = await open({ index: 'scan', quantizer: { kind: 'itq', bits: 32 } });
  await store.addDocuments(documents(500));
  let isSettled = false;
  const settled = store.settled().finally(() => {
    isSettled = true;
  });
  const controller = new AbortController();
  const compacted = store.compact({ signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(compacted).rejects.toThrow('enough');
  expect(isSettled).toBe(false);
  await settled;
});

it('changes nothing of a store in memory', async () => {
  const store = await BinaryVectorStore.fromDocuments(documents(10), embeddings);
  const expected = await state(store);
  await store.compact();
  expect(await state(store)).toEqual(expected);
});
