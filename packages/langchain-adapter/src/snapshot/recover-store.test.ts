import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { recoverStore } from './recover-store.ts';
import { verifyStore } from './verify-store.ts';

// 256 vectors in a block that has a checksum of its own.
const embeddings = new WordEmbeddings(1024);
const documents = Array.from(
  { length: 1000 },
  (_, i) =>
    new Document({
      id: `id ${i}`,
      pageContent: `text ${i}\nabout topic${i % 7} é`,
      metadata: { i, at: new Date(i) },
    }),
);

let root: string;
let whole: Map<string, Buffer>;
let directory: string;
let to: string;
const load = (folder: string) => BinaryVectorStore.load(folder, embeddings);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitryoshka-recover-'));
  const store = new BinaryVectorStore(embeddings, { index: 'scan', fields: ['i'] });
  await store.addDocuments(documents);
  await store.delete({ filter: { i: { $lt: 3 } } });
  await store.settled();
  await store.save(join(root, 'whole'));
  const names = await readdir(join(root, 'whole'));
  whole = new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(root, 'whole', name))] as const),
    ),
  );
});
afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(root, 'store-'));
  to = join(directory, '..', 'recovered', 'store');
  for (const [name, bytes] of whole) await writeFile(join(directory, name), bytes);
});
afterEach(() => rm(join(to, '..'), { recursive: true, force: true }));

const nameOf = (end: string) => [...whole.keys()].find((name) => name.endsWith(end)) ?? '';
const manifest = 'bitryoshka.json';
async function change(end: string, by: (bytes: Buffer) => Uint8Array): Promise<void> {
  const path = join(directory, nameOf(end));
  await writeFile(path, by(Buffer.from(await readFile(path))));
}
const flipped =
  (...places: number[]) =>
  (bytes: Buffer) => {
    for (const place of places) bytes[place] = (bytes[place] ?? 0) ^ 1;
    return bytes;
  };
/** Whether every document of the folder is one of ours, to the letter, and is found by its own text. */
async function checkRecovered(expected: number): Promise<BinaryVectorStore> {
  const store = await load(to);
  expect(store.stats().count).toBe(expected);
  const ours = new Map(documents.map((document) => [document.id, document]));
  for (const [id, document] of store.entries()) expect(document).toEqual(ours.get(id));
  const some = [...store.entries()].filter((_, i) => i % 50 === 0);
  for (const [, { pageContent }] of some) {
    const [best] = await store.similaritySearchWithScore(pageContent, 1);
    expect(best?.[0].pageContent).toBe(pageContent);
    expect(best?.[1]).toBeCloseTo(1, 5);
  }
  expect(await verifyStore(to)).toMatchObject({ isWhole: true });
  return store;
}

describe('a store that is whole', () => {
  it('is said to be', async () => {
    const verified = await verifyStore(directory);
    expect(verified).toMatchObject({
      isWhole: true,
      problem: undefined,
      recoverable: { documents: 997, withoutVectors: 0, lost: 0 },
    });
    expect(verified.files.map(({ name, state, problem }) => [name, state, problem])).toEqual([
      ['manifest', 'whole', undefined],
      ['documents.jsonl', 'whole', undefined],
      ['index.safetensors', 'whole', undefined],
    ]);
  });

  it('is recovered as it is', async () => {
    expect(await recoverStore(directory, to)).toEqual({
      documents: 997,
      embedded: 0,
      withoutVectors: 0,
      unproven: 0,
      lost: 0,
      damaged: [],
    });
    const store = await checkRecovered(997);
    expect(store.stats()).toEqual((await load(directory)).stats());
  });

  it('is none in a folder without one', async () => {
    await expect(verifyStore(join(root, 'none'))).rejects.toMatchObject({ code: 'file-not-found' });
    await rm(directory, { recursive: true });
    await expect(recoverStore(directory, to)).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(recoverStore(root, to)).rejects.toMatchObject({ code: 'invalid-file' });
    await expect(readdir(to)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('is recovered to no folder that has a store, its own included', async () => {
  const before = await readdir(directory);
  for (const folder of [directory, `${directory}/.`, join(root, 'whole')]) {
    await expect(recoverStore(directory, folder)).rejects.toMatchObject({ code: 'invalid-option' });
  }
  expect(await readdir(directory)).toEqual(before);
});

it('loses the documents whose lines are damaged, and no others', async () => {
  const bytes = whole.get(nameOf('documents.jsonl')) ?? Buffer.alloc(0);
  const lineAt = (line: number) => {
    let at = 0;
    for (let i = 0; i < line; i++) at = bytes.indexOf(10, at) + 1;
    return at;
  };
  // A text, a number of metadata, and a line end: the two lines at it.
  const places = [lineAt(10) + 30, bytes.indexOf('"i":503') + 5, lineAt(800) - 1];
  await change('documents.jsonl', flipped(...places));
  const verified = await verifyStore(directory);
  expect(verified).toMatchObject({
    isWhole: false,
    recoverable: { documents: 993, withoutVectors: 0, lost: 4 },
  });
  expect(verified.files[1]).toMatchObject({
    state: 'damaged',
    problem: expect.stringContaining('SHA-256'),
  });
  await expect(load(directory)).rejects.toMatchObject({ code: 'checksum-mismatch' });
  const { documents: recovered, lost, damaged } = await recoverStore(directory, to);
  expect([recovered, lost, damaged.length]).toEqual([993, 4, 3]);
  expect(damaged[0]).toMatchObject({ path: nameOf('documents.jsonl'), offset: lineAt(10) });
  const store = await checkRecovered(993);
  expect(await store.getByIds(['id 13', 'id 503', 'id 802', 'id 803'])).toEqual([]);
  expect(store.stats().index).toBe('scan');
});

it('keeps what comes before and after a part that is cut out, or twice there', async () => {
  await change('documents.jsonl', (bytes) =>
    Buffer.concat([
      bytes.subarray(0, 20_000),
      bytes.subarray(30_000, 50_000),
      bytes.subarray(40_000),
    ]),
  );
  const { documents: recovered, lost, damaged } = await recoverStore(directory, to);
  expect(recovered).toBeGreaterThan(920);
  expect(recovered).toBeLessThan(950);
  expect([recovered + lost, damaged.length]).toEqual([997, 2]);
  await checkRecovered(recovered);
});

describe('vectors whose blocks are damaged', () => {
  const left = async () =>
    (await readFile(join(to, 'documents-without-vectors.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string });

  it('leave their documents, in a file beside the others', async () => {
    // The first block holds vectors 0 to 255.
    await change('index.safetensors', flipped(100_000));
    expect((await verifyStore(directory)).recoverable).toEqual({
      documents: 997,
      withoutVectors: 256,
      lost: 0,
    });
    expect(await recoverStore(directory, to)).toMatchObject({
      documents: 741,
      withoutVectors: 256,
      lost: 0,
    });
    await checkRecovered(741);
    expect((await left()).map(({ id }) => id)).toEqual(documents.slice(3, 259).map(({ id }) => id));
  });

  it('are made again by embeddings', async () => {
    await change('index.safetensors', flipped(100_000));
    expect(await recoverStore(directory, to, { embeddings })).toMatchObject({
      documents: 997,
      embedded: 256,
      withoutVectors: 0,
    });
    await checkRecovered(997);
  });

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['a damaged header', flipped(20)],
    ['its end cut off', (bytes) => bytes.subarray(0, -5000)],
    ['nothing', () => Buffer.alloc(0)],
  ])('are all lost where the index has %s', async (_, by) => {
    await change('index.safetensors', by);
    expect(await recoverStore(directory, to)).toMatchObject({
      documents: 0,
      withoutVectors: 997,
      lost: 0,
    });
    expect(await left()).toHaveLength(997);
    await rm(to, { recursive: true });
    await recoverStore(directory, to, { embeddings });
    await checkRecovered(997);
  });

  it('are all there where something was appended', async () => {
    await change('index.safetensors', (bytes) => Buffer.concat([bytes, Buffer.alloc(3000)]));
    expect(await recoverStore(directory, to)).toMatchObject({ documents: 997 });
    await checkRecovered(997);
  });
});

describe('without a manifest', () => {
  it.each<[string, () => Promise<void>]>([
    ['that is whole', () => change(manifest, flipped(300))],
    ['at all', () => rm(join(directory, manifest))],
  ])('%s, the store is recovered with the options of a new one', async (_, damage) => {
    await damage();
    const { isWhole, files, recoverable } = await verifyStore(directory);
    expect([isWhole, recoverable.documents]).toEqual([false, 997]);
    expect(files.slice(1).map(({ state }) => state)).toEqual(['unnamed', 'unnamed']);
    expect(await recoverStore(directory, to)).toMatchObject({ documents: 997, lost: 0 });
    await checkRecovered(997);
  });

  it('those files are taken that it still mentions, not what a killed save has left', async () => {
    const other = `bitryoshka-${'0'.repeat(16)}-documents.jsonl`;
    const lines = whole.get(nameOf('documents.jsonl')) ?? Buffer.alloc(0);
    await writeFile(join(directory, other), Buffer.concat([lines, lines]));
    await change(manifest, flipped(30));
    expect(await recoverStore(directory, to)).toMatchObject({ documents: 997 });
    await checkRecovered(997);
  });
});

describe('the first version of the format', () => {
  beforeEach(async () => {
    await change('documents.jsonl', (bytes) =>
      Buffer.from(bytes.toString().replaceAll(/,"line":\d+,"crc32":\d+\}$/gm, '}')),
    );
    const { kind, settings, files } = JSON.parse(String(whole.get(manifest)));
    const { createHash } = await import('node:crypto');
    const bytes = await readFile(join(directory, nameOf('documents.jsonl')));
    files['documents.jsonl'].bytes = bytes.length;
    files['documents.jsonl'].sha256 = createHash('sha256').update(bytes).digest('hex');
    const old = { format: 'bitryoshka', version: 1, kind, settings, files };
    await writeFile(join(directory, manifest), JSON.stringify(old));
  });

  it('is loaded, verified and recovered', async () => {
    const store = await load(directory);
    expect([...store.entries()]).toEqual([...(await load(join(root, 'whole'))).entries()]);
    expect(await verifyStore(directory)).toMatchObject({ isWhole: true });
    expect(await recoverStore(directory, to)).toMatchObject({ documents: 997, unproven: 0 });
    await checkRecovered(997);
    await store.save(directory);
    expect(await readFile(join(directory, manifest), 'utf8')).toContain('"version": 2');
  });

  it('tells not which documents of a damaged file have changed, and recovery says so', async () => {
    await change('documents.jsonl', flipped(20_000));
    const {
      documents: recovered,
      withoutVectors,
      unproven,
      lost,
    } = await recoverStore(directory, to);
    expect(recovered + withoutVectors + lost).toBe(997);
    expect(unproven).toBe(recovered + withoutVectors);
  });

  it('pairs no document with the vector of another where lines are missing', async () => {
    await change('documents.jsonl', (bytes) => bytes.subarray(bytes.indexOf(10) + 1));
    expect(await recoverStore(directory, to)).toMatchObject({ documents: 0, withoutVectors: 996 });
  });
});

it('stops when it is aborted, and leaves nothing', async () => {
  await change('documents.jsonl', flipped(100));
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  const task = { signal: controller.signal, onProgress };
  await expect(recoverStore(directory, to, task)).rejects.toThrow('enough');
  await expect(verifyStore(directory, { signal: controller.signal })).rejects.toThrow('enough');
  await expect(readdir(to)).rejects.toMatchObject({ code: 'ENOENT' });
});
