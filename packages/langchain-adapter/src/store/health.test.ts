import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Matrix } from '@bitryoshka/core';
import { describe, expect, it } from 'vitest';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { synthetic } from './synthetic-topic.suite.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    pageContent: `text${first + i} about topic${i % 20}`,
    metadata: { n: first + i, lang: i % 2 === 0 ? 'de' : 'en' },
  }));

const shared = fileURLToPath(new URL('../../../../../shared/', import.meta.url));
const isThere = existsSync(`${shared}vectors`) && existsSync(`${shared}text`);

let sources: readonly string[] | undefined;

/** Passages of one source. */
function passages(source: string, most: number): Matrix {
  sources ??= gunzipSync(readFileSync(`${shared}text/passages.jsonl.gz`))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { source: string }).source);
  const all = readFileSync(`${shared}vectors/passages-minilm.i8`);
  const columns = 384;
  const rows: number[] = [];
  for (let row = 0; row < all.length / columns && rows.length < most; row++) {
    if (sources[row] === source) rows.push(row);
  }
  const data = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < columns; j++) data[i * columns + j] = all.readInt8(row * columns + j) / 127;
  }
  return { rows: rows.length, columns, data };
}

const part = ({ columns, data }: Matrix, start: number, end: number): Matrix => ({
  rows: end - start,
  columns,
  data: data.slice(start * columns, end * columns),
});

async function learned(vectors: Matrix, options: BinaryVectorStoreOptions) {
  const { columns: dimensions, rows } = vectors;
  const store = new BinaryVectorStore(new WordEmbeddings(dimensions), {
    index: 'scan',
    targetRecall: 0.95,
    ...options,
  });
  await store.addVectors(vectors, documents(rows));
  await store.settled();
  await store.refit();
  return store;
}

/** Adds another topic until codes find less than .95 of what they found: it is warned of before. */
async function follow(first: Matrix, next: Matrix, options: BinaryVectorStoreOptions) {
  const store = await learned(first, options);
  const start = await store.health();
  expect(start.advice).toEqual([]);
  expect(start.recall).toBeGreaterThan(0.93);
  let [recall, isWarned, wasWarned, added] = [start.recall as number, false, false, 0];
  while (recall >= 0.95 * (start.recall as number)) {
    wasWarned = isWarned;
    await store.addVectors(part(next, added, added + 150), documents(150, first.rows + added));
    await store.settled();
    added += 150;
    const health = await store.health();
    recall = health.recall as number;
    isWarned = health.advice.some((each) => /unlike .* store\.refit\(\)/.test(each));
    expect(health.drift).toMatchObject({ recommendation: 'refit', added });
  }
  console.info(
    `recall ${start.recall?.toFixed(3)}, then ${recall.toFixed(3)} after ${added} others`,
  );
  expect(wasWarned).toBe(true);
  await store.refit();
  const again = await store.health();
  console.info(`recall ${again.recall?.toFixed(3)} after a refit`);
  expect(again.recall).toBeGreaterThan(0.98 * (start.recall as number));
  expect(again.drift).toBeUndefined();
  expect(again.advice).toEqual([]);
}

describe('the health of a store', () => {
  it('is all well in an empty one, and in small ones', async () => {
    const store = new BinaryVectorStore(new WordEmbeddings());
    expect(await store.health()).toEqual({
      documents: 0,
      dimensions: undefined,
      bytes: { vectors: 0, codes: 0, links: 0, words: 0, file: undefined },
      index: 'exact',
      depth: undefined,
      targetRecall: 0.98,
      quantizer: undefined,
      drift: undefined,
      questions: 0,
      recall: undefined,
      advice: [],
    });
    for (const index of ['exact', 'scan', 'graph', 'lists'] as const) {
      for (const count of [1, 2, 3, 12]) {
        const small = new BinaryVectorStore(new WordEmbeddings(), {
          index,
          ...(index !== 'exact' && { quantizer: { kind: 'random', bits: 64 } }),
        });
        await small.addDocuments(documents(count));
        if (index !== 'exact' && count > 2)
          await small.fit({ quantizer: { kind: 'random', bits: 1 } });
        await small.settled();
        expect(await small.health()).toMatchObject({ documents: count });
      }
    }
  });

  it('tells how documents are found and what that takes', async () => {
    const store = new BinaryVectorStore(new WordEmbeddings(), { index: 'graph', hybrid: true });
    await store.addDocuments(documents(600));
    await store.settled();
    await store.similaritySearchVectorWithScore(
      Array.from({ length: 32 }, (_, i) => i),
      3,
    );
    const health = await store.health();
    expect(health).toMatchObject({
      documents: 600,
      dimensions: 32,
      index: 'graph',
      quantizer: { kind: 'random', bits: 256 },
      questions: 1,
      drift: undefined,
      advice: [],
    });
    expect(health.depth).toMatchObject({
      efSearch: expect.any(Number),
      rerank: expect.any(Number),
    });
    expect(health.recall).toBeGreaterThanOrEqual(0.98);
    const { vectors, codes, links, words } = health.bytes;
    expect([vectors, codes]).toEqual([600 * 32 * 4, 600 * 32]);
    expect(links).toBeGreaterThan(600 * 100);
    expect(words).toBeGreaterThan(3 * 600 * 4);
    // Asking after it is no question of anybody's.
    expect((await store.health()).questions).toBe(1);
  });

  it('tells of searches that do not look far enough', async () => {
    const store = await learned(synthetic(5, 1500), {
      quantizer: { kind: 'sign', bits: 16 },
      depth: { candidates: 10, rerank: 10 },
    });
    const { recall, advice } = await store.health();
    expect(recall).toBeLessThan(0.9);
    expect(advice).toEqual([expect.stringMatching(/find 0\.\d\d of the ten nearest.*depth/)]);
  });

  it('tells of an index that was refused', async () => {
    const store = new BinaryVectorStore(new WordEmbeddings(64), {
      quantizer: { kind: 'sign', bits: 1 },
    });
    await store.addVectors(synthetic(3, 5000), documents(5000));
    await store.settled();
    const { index, advice } = await store.health();
    expect(index).toBe('exact');
    expect(advice).toEqual([expect.stringMatching(/kind graph .* refused .* exact/)]);
  });

  it('tells of fields that filters ask for', async () => {
    for (const place of ['memory', 'file']) {
      const folder = await mkdtemp(join(tmpdir(), 'bitryoshka-health-'));
      const options = { fields: ['n'] };
      const store =
        place === 'memory'
          ? new BinaryVectorStore(new WordEmbeddings(), options)
          : await BinaryVectorStore.open(join(folder, 'a.sqlite'), new WordEmbeddings(), {
              driver,
              ...options,
            });
      await store.addDocuments(documents(20));
      await store.similaritySearch('topic1', 3, { n: { $gt: 3 } });
      expect((await store.health()).advice).toEqual([]);
      await store.similaritySearch('topic1', 3, { lang: 'de' });
      expect((await store.health()).advice).toEqual([expect.stringContaining('["lang"]')]);
      await store.close();
      await rm(folder, { recursive: true });
    }
  });

  it('knows the drift of a store that was saved or opened, and the room in its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bitryoshka-health-'));
    const file = join(folder, 'store.sqlite');
    const options = {
      index: 'scan',
      quantizer: { kind: 'itq', bits: 24 },
      targetRecall: 0.5,
    } as const;
    const embeddings = new WordEmbeddings(64);
    try {
      const [memory, opened] = [
        new BinaryVectorStore(embeddings, options),
        await BinaryVectorStore.open(file, embeddings, { driver, ...options }),
      ];
      for (const store of [memory, opened]) {
        await store.addVectors(synthetic(1, 300), documents(300));
        await store.settled();
        await store.fit();
        await store.addVectors(synthetic(2, 150), documents(150, 300));
        await store.settled();
      }
      const { drift, recall } = await memory.health();
      expect(drift).toMatchObject({ recommendation: 'refit', added: 150 });
      await memory.save(join(folder, 'saved'));
      await opened.close();
      const again = await BinaryVectorStore.open(file, embeddings, { driver });
      for (const store of [
        await BinaryVectorStore.load(join(folder, 'saved'), embeddings),
        again,
      ]) {
        expect(await store.health()).toMatchObject({ drift, recall });
      }
      const before = await again.health();
      expect(before.bytes.file).toBeGreaterThan(450 * 64 * 4);
      await again.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is measured in turns, says how far it is and can be stopped', async () => {
    const store = await learned(synthetic(1, 1200), { quantizer: { kind: 'itq', bits: 32 } });
    await store.addVectors(synthetic(1, 1500), documents(300, 1200).concat(documents(1200, 3000)));
    await store.settled();
    const stages = new Set<string>();
    await store.health({ onProgress: ({ stage }) => stages.add(stage) });
    expect([...stages]).toEqual(expect.arrayContaining(['sample', 'drift', 'truth', 'measure']));
    for (const stage of stages) {
      const controller = new AbortController();
      const stopped = store.health({
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.stage === stage) controller.abort(new Error(`stopped at ${stage}`));
        },
      });
      await expect(stopped).rejects.toThrow(`stopped at ${stage}`);
    }
  });
});

describe('a stream whose topic changes', () => {
  it('is warned of before codes find less, and a refit restores them', {
    timeout: 120_000,
  }, async () => {
    await follow(synthetic(1, 2000), synthetic(2, 3000), { quantizer: { kind: 'itq', bits: 24 } });
  });

  it.skipIf(!isThere)(
    'is so with real vectors (needs shared/vectors and shared/text)',
    { timeout: 120_000 },
    async () => {
      const law = passages('github:DCCouncil/law-xml', 1200);
      const books = passages('github:mlschmitt/classic-books-markdown', 3000);
      await follow(law, books, { quantizer: { kind: 'itq', bits: 64 } });
    },
  );

  it.skipIf(!isThere)(
    'is not seen in more of the same (needs shared/vectors and shared/text)',
    { timeout: 120_000 },
    async () => {
      const articles = passages('github:chinapedia/wikipedia.abstract.en', 1500);
      const store = await learned(part(articles, 0, 1000), {
        quantizer: { kind: 'itq', bits: 64 },
      });
      await store.addVectors(part(articles, 1000, 1500), documents(500, 1000));
      await store.settled();
      expect((await store.health()).drift?.recommendation).toBe('none');
    },
  );

  it('is none to codes that learn nothing from documents', async () => {
    const store = await learned(synthetic(1, 1000), { quantizer: { kind: 'random', bits: 512 } });
    const others = synthetic(2, 500);
    others.data.forEach((value, i) => {
      others.data[i] = value + 3;
    });
    await store.addVectors(others, documents(500, 1000));
    await store.settled();
    const { drift, advice, recall } = await store.health();
    expect(drift?.recommendation).toBe('refit');
    expect(recall).toBeGreaterThan(0.93);
    expect(advice).toEqual([]);
  });
});
