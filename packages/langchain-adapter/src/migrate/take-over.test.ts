import { expect, it } from 'vitest';
import type { MemoryVectors } from './fill-from-memory-vector-store.ts';
import { fillFromMemoryVectorStore } from './fill-from-memory-vector-store.ts';
import { emptyStore, expectRefusal } from './moved-documents.suite.ts';
import type { SourceRow } from './take-over.ts';
import { takeOver } from './take-over.ts';

const row = (change: Partial<SourceRow> = {}): SourceRow => ({
  id: undefined,
  vector: [1, 2],
  pageContent: 'text',
  metadata: {},
  ...change,
});
const from = (rows: Iterable<SourceRow> | AsyncIterable<SourceRow>, total = 2) =>
  ({ name: 'table x', misfit: 'invalid-option', total, rows }) as const;

it.each<[string, Partial<SourceRow>, string, RegExp]>([
  ['no vector', { vector: undefined }, 'invalid-option', /table x, row 2: got no vector/],
  ['texts in a vector', { vector: ['1', '2'] }, 'not-finite', /vectors\[2\]: got 1 at/],
  ['a text for a vector', { vector: '12' }, 'invalid-option', /row 2: got no vector/],
  [
    'a vector of others',
    { vector: [1, 2, 3] },
    'dimension-mismatch',
    /vectors\[2\]: got 3 dimensions, expected 2/,
  ],
  ['big numbers', { vector: new BigInt64Array(2) }, 'not-finite', /vectors\[2\]: got 0 at/],
  ['NaN', { vector: [Number.NaN, 1] }, 'not-finite', /vectors\[2\]/],
  ['an object for an id', { id: {} }, 'invalid-option', /row 2: got object for the id/],
  ['a fraction for an id', { id: 0.5 }, 'invalid-option', /row 2: got number for the id/],
  ['no text', { pageContent: null }, 'invalid-option', /row 2: got object for the text/],
  ['a list for metadata', { metadata: [] }, 'invalid-option', /row 2: got metadata that are no/],
  ['a text for metadata', { metadata: '{' }, 'invalid-option', /row 2: got metadata that are no/],
])('refuses %s, and adds nothing then', async (_, change, code, part) => {
  const store = emptyStore();
  await expectRefusal(takeOver(store, from([row(), row(), row(change), row()]), {}), code, part);
  expect(store.stats().count).toBe(0);
});

it('takes typed arrays, and more rows than were said to come', async () => {
  const store = emptyStore();
  const rows = Array.from({ length: 50 }, (_, i) =>
    row({ vector: i % 2 === 0 ? new Float64Array([i, 1]) : [i, 1], pageContent: `text ${i}` }),
  );
  await takeOver(store, from(rows, 3), {});
  expect(store.stats().count).toBe(50);
  const found = await store.similaritySearchVectorWithScore([0, 1], 1);
  expect(found[0][0].pageContent).toBe('text 0');
});

it('takes numbers for ids', async () => {
  const rows = [row({ id: 7 }), row({ id: 8n }), row({ id: 'nine' })];
  expect(await takeOver(emptyStore(), from(rows), {})).toEqual(['7', '8', 'nine']);
});

it('takes nothing for metadata', async () => {
  const store = emptyStore();
  await takeOver(store, from([row({ metadata: null }), row({ metadata: undefined })]), {});
  expect([...store.entries()].map(([, { metadata }]) => metadata)).toEqual([{}, {}]);
});

it('refuses one id for different documents, or keeps the last of them', async () => {
  const rows = ['old', 'other', 'new'].map((pageContent, i) =>
    row({ id: pageContent === 'other' ? 'b' : 'a', pageContent, vector: [1, i] }),
  );
  const store = emptyStore();
  await expectRefusal(takeOver(store, from(rows), {}), 'duplicate-id', /the id "a"/);
  expect(store.stats().count).toBe(0);
  expect(await takeOver(store, from(rows), { duplicateIds: 'last' })).toEqual(['a', 'b']);
  expect((await store.getByIds(['a', 'b'])).map(({ pageContent }) => pageContent)).toEqual([
    'new',
    'other',
  ]);
  const found = await store.similaritySearchVectorWithScore([1, 2], 1);
  expect(found[0][0].pageContent).toBe('new');
  await expectRefusal(
    takeOver(store, from(rows), { duplicateIds: 'first' as never }),
    'invalid-option',
    /duplicateIds: got "first"/,
  );
});

it('keeps all documents without ids where it keeps the last', async () => {
  const store = emptyStore();
  await takeOver(store, from([row(), row({ id: 'a' }), row()]), { duplicateIds: 'last' });
  expect(store.stats().count).toBe(3);
});

/** Many documents. */
function large(): MemoryVectors {
  const embedding = Array.from({ length: 64 }, (_, j) => Math.sin(j + 1));
  const memoryVectors = Array.from({ length: 30_000 }, (_, i) => ({
    content: `text ${i}`,
    embedding,
    metadata: { i },
    id: String(i),
  }));
  return { memoryVectors };
}

it('stops when it is told to, and has added nothing then', async () => {
  const memory = large();
  for (const at of [0, 10_000, 29_990]) {
    const store = emptyStore();
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done >= at) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    await expect(fillFromMemoryVectorStore(store, memory, { signal, onProgress })).rejects.toThrow(
      'enough',
    );
    expect(store.stats().count).toBe(0);
  }
  const signal = AbortSignal.abort(new Error('before'));
  await expect(fillFromMemoryVectorStore(emptyStore(), memory, { signal })).rejects.toThrow(
    'before',
  );
});

it('says how far it is, and lets others have their turn', async () => {
  const stages = new Set<string>();
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const store = emptyStore();
  await fillFromMemoryVectorStore(store, large(), {
    onProgress: ({ stage, done, total }) => {
      stages.add(stage);
      expect(done).toBeLessThanOrEqual(total);
    },
  });
  clearInterval(watch);
  await store.close();
  expect(store.stats().count).toBe(30_000);
  expect(stages).toContain('read');
  // Half a second: what other tests take of the machine is in it.
  expect(longest).toBeLessThan(500);
});
