import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorRows } from '@bitryoshka/core/internal';
import { readSnapshot, writeSnapshot } from '@bitryoshka/core/node';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentTable } from '../documents/document-table.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-store-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const embeddings = new WordEmbeddings(24);
const documents = Array.from(
  { length: 300 },
  (_, i) => new Document({ pageContent: `text ${i} about topic${i % 20}`, metadata: { i } }),
);
const ids = documents.map((_, i) => (i % 2 === 0 ? `id ${i}` : undefined));
const load = () => BinaryVectorStore.load(directory, embeddings);
const find = async (store: BinaryVectorStore) => ({
  statistics: store.stats(),
  found: await Promise.all(
    ['topic3', 'text 17', 'about', ''].map((query) => store.similaritySearchWithScore(query, 30)),
  ),
});
async function filled(options: BinaryVectorStoreOptions): Promise<BinaryVectorStore> {
  const store = new BinaryVectorStore(embeddings, options);
  await store.addDocuments(documents, { ids });
  await store.delete({ filter: { i: { $mod: [5, 1] } } });
  await store.addDocuments(documents.slice(0, 10), { ids: ids.slice(0, 10) });
  await store.settled();
  return store;
}

const variants: [string, BinaryVectorStoreOptions][] = [
  ['exact', {}],
  ['with codes', { quantizer: { kind: 'itq', bits: 16 }, index: 'scan' }],
  ['with a graph', { index: 'graph', storage: 'float16' }],
  ['with a graph and a few bits', { index: 'graph', storage: 'int4' }],
  [
    'with codes and nothing to re-rank',
    {
      quantizer: { kind: 'median', bits: 20, seed: 3 },
      index: 'scan',
      depth: { rerank: 0, scoring: 'symmetric' },
    },
  ],
];

describe.each(variants)('a store %s', (_, options) => {
  it('finds the same after it was saved and loaded, in the same order with the same scores', async () => {
    const store = await filled(options);
    const before = await find(store);
    await store.save(directory);
    expect(await find(store)).toStrictEqual(before);
    const loaded = await load();
    expect(await find(loaded)).toStrictEqual(before);
    expect(loaded.quantizer?.save()).toEqual(store.quantizer?.save());
    await loaded.save(directory);
    expect(await find(await load())).toStrictEqual(before);
  });

  it('goes on as if nothing had happened', async () => {
    const store = await filled(options);
    await store.save(directory);
    const loaded = await load();
    for (const each of [store, loaded]) {
      await each.addDocuments([new Document({ pageContent: 'text about topic3 too' })], {
        ids: ['new'],
      });
      await each.delete({ ids: ['id 4'] });
      await each.fit();
      await each.settled();
    }
    expect(await find(loaded)).toStrictEqual(await find(store));
    expect(loaded.quantizer?.kind).toBe(options.quantizer?.kind ?? 'random');
  });
});

it('remembers its options, unless told others', async () => {
  const store = await filled({
    quantizer: { kind: 'pca', bits: 6 },
    depth: { rerank: 0 },
  });
  await store.save(directory);
  expect((await load()).quantizer).toBeUndefined();
  const eager = await BinaryVectorStore.load(directory, embeddings, { index: 'scan' });
  await eager.settled();
  expect([eager.quantizer?.kind, eager.quantizer?.bits]).toEqual(['pca', 6]);
});

it('remembers the fields that it indexes, unless told others', async () => {
  const fieldsOf = async () =>
    readSnapshot(directory, 'vector-store', async ({ settings }) => settings);
  await (await filled({ fields: ['i', 'loc.page'] })).save(directory);
  expect(await fieldsOf()).toMatchObject({ options: { fields: ['i', 'loc.page'] } });
  const loaded = await load();
  expect(await loaded.similaritySearch('text', 300, { i: { $lt: 3 } })).toHaveLength(3);
  const other = await BinaryVectorStore.load(directory, embeddings, { fields: ['j'] });
  expect(await other.similaritySearch('text', 300, { i: { $lt: 3 } })).toHaveLength(3);
  await other.save(directory);
  expect(await fieldsOf()).toMatchObject({ options: { fields: ['j'] } });
  await expect(
    BinaryVectorStore.load(directory, embeddings, { fields: [''] }),
  ).rejects.toMatchObject({ code: 'invalid-option' });
});

it('saves an empty store', async () => {
  await new BinaryVectorStore(embeddings).save(directory);
  const loaded = await load();
  expect(await loaded.similaritySearch('x', 3)).toEqual([]);
  await loaded.addDocuments(documents, { ids });
  await loaded.delete({ deleteAll: true });
  await loaded.save(directory);
  const emptied = await load();
  expect(emptied.stats()).toMatchObject({ count: 0, dimensions: 24 });
  expect(await emptied.similaritySearch('x', 3)).toEqual([]);
  await emptied.addDocuments(documents);
  expect(await emptied.similaritySearch('x', 3)).toHaveLength(3);
});

it('saves an empty store whose quantizer was fitted elsewhere', async () => {
  const { quantizer } = await filled(variants[1][1]);
  await new BinaryVectorStore(embeddings, { quantizer }).save(directory);
  const loaded = await load();
  expect(loaded.stats()).toMatchObject({ count: 0, bits: 16 });
  await loaded.addDocuments(documents);
  expect(loaded.quantizer?.save()).toEqual(quantizer?.save());
});

it('keeps documents to the letter', async () => {
  const store = new BinaryVectorStore(embeddings);
  const unusual = [
    new Document({
      pageContent: 'line\nbreaks\r\n\u2028\u2029 and \ud83d\ude80 \ud800',
      id: '\n"',
    }),
    new Document({ pageContent: '' }),
    new Document({
      pageContent: 'x'.repeat(9_000_000),
      metadata: { at: new Date(5), none: undefined, big: 3n, numbers: [Number.NaN, -0] },
    }),
    new Document({ pageContent: '\ufeffbyte order mark' }),
  ];
  const made = await store.addDocuments(unusual);
  await store.save(directory);
  const loaded = await load();
  expect(await loaded.getByIds(made)).toStrictEqual(unusual);
  const [found] = await loaded.similaritySearch('x', 1, { at: { $gt: new Date(4) } });
  expect(found.metadata.big).toBe(3n);
});

it('refuses embeddings of another dimension when they are first used', async () => {
  for (const [, options] of variants) {
    await (await filled(options)).save(directory);
    const loaded = await BinaryVectorStore.load(directory, new WordEmbeddings(25));
    await expect(loaded.similaritySearch('x')).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await expect(loaded.addDocuments(documents)).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    expect(loaded.stats().dimensions).toBe(24);
  }
});

it('reports progress, and stops when it is aborted', async () => {
  const store = await filled(variants[1][1]);
  await store.save(directory);
  const progress: number[] = [];
  await store.save(directory, { onProgress: ({ done, total }) => progress.push(done / total) });
  expect(progress.at(-1)).toBe(1);
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(store.save(directory, { signal: controller.signal, onProgress })).rejects.toThrow(
    'enough',
  );
  expect(await readdir(directory)).toHaveLength(3);
  await expect(
    BinaryVectorStore.load(directory, embeddings, { signal: AbortSignal.abort(new Error('no')) }),
  ).rejects.toThrow('no');
});

describe('an embedder that never answers', () => {
  const document = new Document({ pageContent: 'x', id: 'x' });
  class SilentEmbeddings extends WordEmbeddings {
    isSilent = true;
    override async embedDocuments(texts: string[]): Promise<number[][]> {
      return this.isSilent ? new Promise(() => {}) : super.embedDocuments(texts);
    }
  }

  it('blocks nothing once its addition is aborted', async () => {
    const silent = new SilentEmbeddings(24);
    const store = new BinaryVectorStore(silent);
    const vectors = await embeddings.embedDocuments(['a']);
    await store.addVectors(vectors, [new Document({ pageContent: 'a', id: 'a' })]);
    const controller = new AbortController();
    const adding = store.addDocuments([document], { signal: controller.signal });
    silent.isSilent = false;
    const next = Promise.all([
      store.addDocuments([new Document({ pageContent: 'b', id: 'b' })]),
      store.delete({ ids: ['a'] }),
      store.save(directory),
    ]);
    controller.abort(new Error('enough'));
    await expect(adding).rejects.toThrow('enough');
    await next;
    expect([...(await load()).entries()].map(([id]) => id)).toEqual(['b']);
  });

  it('keeps none waiting that are aborted themselves', async () => {
    const store = new BinaryVectorStore(new SilentEmbeddings(24));
    store.addDocuments([document]).catch(() => undefined);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      store.addDocuments([document], { signal }),
      store.addVectors([[1]], [document], { signal }),
      store.save(directory, { signal }),
      store.fit({ signal }),
    ];
    controller.abort(new Error('enough'));
    const settled = await Promise.allSettled(waiting);
    expect(settled.map((each) => 'reason' in each && String(each.reason))).toEqual(
      waiting.map(() => 'Error: enough'),
    );
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('what cannot be loaded again is not saved', () => {
  let count: number;
  beforeEach(async () => {
    const store = await filled({});
    ({ count } = store.stats());
    await store.save(directory);
  });
  afterEach(async () => {
    expect((await load()).stats().count).toBe(count);
  });

  it('options that JSON turns into others', async () => {
    const fields = ['i'];
    const store = new BinaryVectorStore(embeddings, { fields });
    fields[0] = '';
    await expect(store.save(directory)).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('documents that are fewer than there are', async () => {
    const store = await filled({});
    const { [Symbol.iterator]: all } = DocumentTable.prototype;
    vi.spyOn(DocumentTable.prototype, Symbol.iterator).mockImplementationOnce(function* (
      this: DocumentTable,
    ) {
      const [, ...rest] = all.call(this);
      yield* rest;
    } as typeof all);
    await expect(store.save(directory)).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining(`${count - 1} lines`),
    });
  });

  it('an index that gives fewer bytes than it says', async () => {
    const storage = (dimensions: number) =>
      Object.assign(new VectorRows(dimensions), {
        format: 'float32',
        encoded: (rows: Uint32Array) => new Uint8Array(4 * dimensions * (rows.length - 1)),
      });
    const store = await filled({ storage });
    await expect(store.save(directory)).rejects.toMatchObject({ code: 'truncated-file' });
  });
});

it('stores whose codes are fitted although searches are to be exact are loaded again', async () => {
  const store = await filled({ index: 'exact' });
  await store.fit({ quantizer: { kind: 'itq', bits: 8 } });
  await store.save(directory);
  const loaded = await load();
  expect(loaded.stats()).toEqual(store.stats());
});

it('does not mix up a save with the changes asked for after it', async () => {
  const store = await filled({});
  const { count } = store.stats();
  const saving = store.save(directory);
  const deleting = store.delete({ deleteAll: true });
  await Promise.all([saving, deleting]);
  expect((await load()).stats().count).toBe(count);
  expect(store.stats().count).toBe(0);
});

describe('loading refuses', () => {
  it('a folder without a store', async () => {
    await expect(load()).rejects.toMatchObject({ code: 'file-not-found' });
    await writeSnapshot(directory, { kind: 'something-else', settings: {}, files: {} });
    await expect(load()).rejects.toMatchObject({ code: 'invalid-file' });
  });

  it('damaged files', async () => {
    await (await filled(variants[1][1])).save(directory);
    for (const name of (await readdir(directory)).filter((file) => file !== 'bitryoshka.json')) {
      const path = join(directory, name);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 1));
      await expect(load()).rejects.toMatchObject({ code: 'truncated-file' });
      await writeFile(path, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1] ^ 1));
      await expect(load()).rejects.toMatchObject({ code: 'checksum-mismatch' });
      await writeFile(path, bytes);
    }
    await load();
  });

  it.each<[string, (settings: Record<string, unknown>, files: Record<string, Uint8Array>) => void]>(
    [
      ['no dimensions', (settings) => delete settings.dimensions],
      ['another dimension', (settings) => (settings.dimensions = 23)],
      ['dimensions for no vectors', (_, files) => delete files['index.safetensors']],
      ['no options', (settings) => (settings.options = 3)],
      ['no documents', (_, files) => delete files['documents.jsonl']],
      ['fewer documents', (_, files) => cut(files, 1)],
      ['codes without their quantizer, and documents missing', (_, files) => cut(files, 2)],
      ['lines that are no JSON', (_, files) => prepend(files, 'x\n')],
      ['lines that are no documents', (_, files) => prepend(files, '{"id":3}\n')],
      [
        'metadata that are no object',
        (_, files) => prepend(files, '{"id":"x","pageContent":"","metadata":[]}\n'),
      ],
      [
        'types that do not fit',
        (_, files) =>
          prepend(files, '{"id":"x","pageContent":"","metadata":{},"types":{"/a":"date"}}\n'),
      ],
      ['bytes that are no text', (_, files) => prepend(files, new Uint8Array([255, 10]))],
      ['two documents with one id', (_, files) => repeat(files)],
      ['another index', (_, files) => (files['index.safetensors'] = emptyIndex)],
    ],
  )('files that do not fit: %s', async (_, change) => {
    await new BinaryVectorStore(embeddings, {
      quantizer: (await filled(variants[1][1])).quantizer,
    }).save(directory);
    emptyIndex = await readSnapshot(directory, 'vector-store', async ({ files }) =>
      files['index.safetensors'].read(),
    );
    await (await filled(variants[1][1])).save(directory);
    const { settings, files } = await readSnapshot(directory, 'vector-store', async (snapshot) => ({
      settings: snapshot.settings as Record<string, unknown>,
      files: Object.fromEntries(
        await Promise.all(
          Object.entries(snapshot.files).map(
            async ([name, file]) => [name, await file.read()] as const,
          ),
        ),
      ) as Record<string, Uint8Array>,
    }));
    change(settings, files);
    await writeSnapshot(directory, {
      kind: 'vector-store',
      settings,
      files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [bytes]])),
    });
    await expect(load()).rejects.toMatchObject({ code: 'invalid-file' });
  });

  let emptyIndex: Uint8Array;
  const name = 'documents.jsonl';

  function cut(files: Record<string, Uint8Array>, lines: number): void {
    const text = new TextDecoder().decode(files[name]);
    files[name] = new TextEncoder().encode(text.split('\n').slice(lines).join('\n'));
  }

  function prepend(files: Record<string, Uint8Array>, line: string | Uint8Array): void {
    files[name] = Buffer.concat([Buffer.from(line), files[name]]);
  }

  function repeat(files: Record<string, Uint8Array>): void {
    const text = new TextDecoder().decode(files[name]);
    const lines = text.split('\n');
    files[name] = new TextEncoder().encode(lines.with(1, lines[0]).join('\n'));
  }
});
