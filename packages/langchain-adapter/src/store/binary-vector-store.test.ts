import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Quantizer } from '@bitryoshka/core';
import { fitQuantizer, tune } from '@bitryoshka/core';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings(24);
const documents = Array.from(
  { length: 400 },
  (_, i) =>
    new Document({
      pageContent: `text ${i} about topic${i % 20} and theme${i % 7}`,
      metadata: { i },
    }),
);
const ids = documents.map((_, i) => `id ${i}`);
const query = 'topic3 and theme2';
const add = (store: BinaryVectorStore, from: number, to: number, options = {}) =>
  store.addDocuments(documents.slice(from, to), { ids: ids.slice(from, to), ...options });
const snapshot = async (store: BinaryVectorStore) => ({
  statistics: store.stats(),
  quantizer: store.quantizer,
  found: await store.similaritySearchWithScore(query, 1000),
});

describe('fitting', () => {
  it('happens in the background when the vectors are enough', async () => {
    const store = new BinaryVectorStore(embeddings, { quantizer: { kind: 'itq', bits: 16 } });
    await add(store, 0, 60);
    await store.settled();
    expect(store.quantizer).toBeUndefined();
    expect(store.stats()).toEqual({
      count: 60,
      dimensions: 24,
      index: 'exact',
      bits: undefined,
      codeBytes: 0,
      vectorBytes: 60 * 24 * 4,
    });
    const before = await store.similaritySearchWithScore(query, 10);
    await store.fit();
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['itq', 16]);
    expect(store.stats()).toMatchObject({ count: 60, index: 'scan', bits: 16, codeBytes: 480 });
    expect(await store.similaritySearchWithScore(query, 10)).toEqual(before);
    const { quantizer } = store;
    await add(store, 60, 400);
    await store.settled();
    expect(store.quantizer).toBe(quantizer);
    expect(store.stats().count).toBe(400);
  });

  it('is not begun any more once the store is closed', async () => {
    const store = new BinaryVectorStore(embeddings, { index: 'scan' });
    await add(store, 0, 300);
    await store.close();
    await add(store, 300, 400);
    await store.settled();
    expect(store.stats()).toMatchObject({ count: 400, index: 'exact' });
    expect(await store.similaritySearchWithScore(query, 10)).toHaveLength(10);
    const never = new BinaryVectorStore(embeddings, { index: 'scan' });
    await never.close();
    await add(never, 0, 400);
    await never.settled();
    expect(never.stats()).toMatchObject({ count: 400, index: 'exact' });
  });

  it('happens by itself where one way of searching is asked for', async () => {
    const stages = new Set<string>();
    const store = new BinaryVectorStore(embeddings, {
      index: 'scan',
      quantizer: { kind: 'itq', bits: 16 },
      onIndexProgress: ({ stage }) => stages.add(stage),
    });
    await add(store, 0, 16);
    await store.settled();
    expect(store.stats().index).toBe('exact');
    await add(store, 16, 400);
    await store.settled();
    expect(store.stats()).toMatchObject({ count: 400, index: 'scan', bits: 16 });
    expect([...stages]).toEqual(expect.arrayContaining(['encode', 'measure']));
  });

  it('tunes itself when only the bits are given', async () => {
    const store = new BinaryVectorStore(embeddings, { bits: 8, index: 'scan' });
    await add(store, 0, 400);
    await store.settled();
    expect(store.quantizer?.bits).toBe(8);
    const { quantizer } = await tune(
      await embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent)),
      { bits: 8 },
    );
    expect(store.quantizer?.save()).toEqual(quantizer.save());
  });

  it('learns from the vectors of the store, and not from replaced ones', async () => {
    const options = { quantizer: { kind: 'pca', bits: 8 }, index: 'exact' } as const;
    const { quantizer } = options;
    const noise = Array.from({ length: 30 }, (_, i) => new Document({ pageContent: `noise${i}` }));
    const replaced = new BinaryVectorStore(embeddings);
    await replaced.addDocuments(noise, { ids: ids.slice(90, 120) });
    await add(replaced, 0, 121);
    const plain = new BinaryVectorStore(embeddings);
    await add(plain, 0, 121);
    const fitted = await replaced.fit({ quantizer });
    // In another order.
    const sums = (given: Quantizer) => given.project([new Float32Array(24).fill(1)], 'document');
    expect(sums(fitted).data[0]).toBeCloseTo(sums(await plain.fit({ quantizer })).data[0], 4);
    const mixed = new BinaryVectorStore(embeddings);
    await mixed.addDocuments(noise);
    await add(mixed, 0, 90);
    expect((await mixed.fit({ quantizer })).save()).not.toEqual(fitted.save());
  });

  it('needs more vectors than bits', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'itq', bits: 20 },
      index: 'scan',
    });
    await add(store, 0, 20);
    await store.settled();
    expect(store.quantizer).toBeUndefined();
    await expect(store.fit()).rejects.toMatchObject({ code: 'not-enough-vectors' });
    await add(store, 20, 21);
    expect((await store.fit()).bits).toBe(20);
  });

  it('takes random bits by default, as many as suit the vectors', async () => {
    const store = new BinaryVectorStore(embeddings, { index: 'scan' });
    await add(store, 0, 100);
    await store.settled();
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['random', 192]);
  });

  it('can be left to the caller, and repeated', async () => {
    const store = new BinaryVectorStore(embeddings, { depth: { candidates: 400, rerank: 400 } });
    await expect(store.fit()).rejects.toMatchObject({ code: 'not-enough-vectors' });
    await add(store, 0, 400);
    const exact = await store.similaritySearchWithScore(query, 20);
    expect(store.quantizer).toBeUndefined();
    const progress: string[] = [];
    const fitted = await store.fit({
      quantizer: { kind: 'median', bits: 12 },
      onProgress: ({ stage }) => progress.push(stage),
    });
    expect(progress).toContain('encode');
    expect(store.quantizer).toBe(fitted);
    expect(await store.similaritySearchWithScore(query, 20)).toEqual(exact);
    await store.delete({ ids: ids.slice(0, 100) });
    const again = await store.fit();
    expect([again.kind, again.bits]).toEqual(['median', 12]);
    expect(again.save()).not.toEqual(fitted.save());
    expect(await store.fit({ quantizer: fitted })).toBe(fitted);
    expect(store.stats()).toMatchObject({ count: 300, bits: 12 });
  });

  it('tells who waits for it what failed, and goes on as before', async () => {
    const store = new BinaryVectorStore(embeddings, {
      index: 'scan',
      quantizer: { kind: 'itq', bits: 8, corpus: true },
    });
    await add(store, 0, 100);
    await expect(store.settled()).rejects.toMatchObject({ code: 'empty-input' });
    await store.settled();
    expect(await store.similaritySearch(query, 3)).toHaveLength(3);
  });

  it('trains heads, from the start and later', async () => {
    const learned = { train: { steps: 10, nested: [8] } };
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'head', bits: 12, learned },
      index: 'scan',
    });
    await add(store, 0, 200);
    await store.settled();
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['head', 12]);
    await store.fit({ quantizer: { kind: 'itq', bits: 10 } });
    await store.refit();
    expect(store.quantizer?.kind).toBe('itq');
    const trained = await store.refit({ head: { steps: 5, encoderWeight: 0.01 } });
    expect(trained.recall).toBeDefined();
    expect(store.quantizer).toBe(trained.quantizer);
    expect(store.quantizer?.kind).toBe(trained.isReplaced ? 'head' : 'itq');
    expect(await store.similaritySearchWithScore(query, 3)).toHaveLength(3);
    await expect(store.fit({ quantizer: { kind: 'itq', bits: 10, learned } })).rejects.toThrow(
      /learned: got options, expected none, as kind "itq" is of the family rotation/,
    );
    const tuned = { kind: 'tuned', bits: 10, learned } as const;
    await expect(store.fit({ quantizer: tuned })).rejects.toThrow(/quantizer.kind: got "tuned"/);
  });

  it('learns from titles and headings when it is told to', async () => {
    const asked: string[][] = [];
    class Listening extends WordEmbeddings {
      override async embedDocuments(texts: string[]): Promise<number[][]> {
        asked.push(texts);
        return super.embedDocuments(texts);
      }
    }
    const titled = documents.slice(0, 200).map(
      ({ pageContent }, i) =>
        new Document({
          pageContent,
          metadata: { name: `About ${i >> 1}`, source: `${i >> 1}`, headings: [`Part ${i}`] },
        }),
    );
    const quantizer = { kind: 'head', bits: 12, learned: { train: { steps: 10 } } } as const;
    const plain = await BinaryVectorStore.fromDocuments(titled, embeddings, {
      quantizer,
      index: 'scan',
    });
    const store = await BinaryVectorStore.fromDocuments(titled, new Listening(24), {
      quantizer: { ...quantizer, corpus: { title: 'name', kinds: ['title', 'neighbour'] } },
      index: 'scan',
    });
    await Promise.all([plain.settled(), store.settled()]);
    expect(asked[1]).toHaveLength(100);
    expect(asked[1]).toContain('About 7');
    expect(store.quantizer?.save()).not.toEqual(plain.quantizer?.save());
    // What the recipe says counts for later fits, unless they say otherwise.
    await store.refit();
    await store.refit({ head: { steps: 5 } });
    await store.refit({ corpus: { kinds: ['heading'] } });
    expect(asked.slice(2).map(({ length }) => length)).toEqual([100, 100, 200]);
    await store.refit({ corpus: false });
    expect(asked).toHaveLength(5);
    const autoencoder = { kind: 'autoencoder', bits: 12, corpus: true } as const;
    const tuned = { ...autoencoder, kind: 'tuned' } as const;
    for (const recipe of [autoencoder, tuned]) await store.fit({ quantizer: recipe });
    expect(asked).toHaveLength(7);
  });

  it('says so when documents have nothing to learn from, and changes nothing', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents.slice(0, 50), embeddings);
    const before = await snapshot(store);
    const fit = store.fit({ quantizer: { kind: 'itq', bits: 8, corpus: true } });
    await expect(fit).rejects.toMatchObject({ code: 'empty-input' });
    expect(await snapshot(store)).toEqual(before);
    for (const corpus of [{ kinds: ['body'] }, { title: 3 }, { limit: 0 }, 'yes']) {
      const quantizer = { kind: 'itq', bits: 8, corpus: corpus as unknown as true } as const;
      await expect(store.fit({ quantizer })).rejects.toThrow(/quantizer.corpus.* expected/);
    }
  });

  it('copes with vectors that are all the same', async () => {
    const store = new BinaryVectorStore(new FakeEmbeddings(), {
      quantizer: { kind: 'itq', bits: 4 },
      index: 'scan',
    });
    await add(store, 0, 70);
    await store.settled();
    expect(store.quantizer).toBeDefined();
    expect(await store.similaritySearch('x', 70)).toHaveLength(70);
  });

  it('leaves the store as it was when it fails or is aborted', async () => {
    const store = new BinaryVectorStore(embeddings);
    await add(store, 0, 80);
    const before = await snapshot(store);
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done > 0) controller.abort(new Error('no add'));
    };
    await expect(add(store, 40, 200, { signal: controller.signal, onProgress })).rejects.toThrow(
      'no add',
    );
    expect(await snapshot(store)).toEqual(before);
    for (const stage of ['sample', 'encode', 'measure']) {
      const stopping = new AbortController();
      const fit = store.fit({
        quantizer: { kind: 'itq', bits: 16 },
        signal: stopping.signal,
        onProgress: (progress) => {
          if (progress.stage === stage) stopping.abort(new Error(`no ${stage}`));
        },
      });
      await expect(fit).rejects.toThrow(`no ${stage}`);
      expect(await snapshot(store)).toEqual(before);
    }
    await expect(store.fit({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    const broken = {
      ...(await fitted(24)),
      encode: () => {
        throw new Error('broken');
      },
    } as Quantizer;
    await expect(store.fit({ quantizer: broken })).rejects.toThrow('broken');
    await expect(store.fit({ quantizer: await fitted(23) })).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    expect(await snapshot(store)).toEqual(before);
    await add(store, 80, 400);
    const fresh = new BinaryVectorStore(embeddings);
    await add(fresh, 0, 400);
    expect((await snapshot(store)).found).toEqual((await snapshot(fresh)).found);
  });

  it('shows a search the store before or after, never in between', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'itq', bits: 16 },
      index: 'scan',
    });
    await add(store, 0, 50);
    const counts = new Set<number>();
    let searches: Promise<unknown>[] = [];
    const search = async () => {
      counts.add((await store.similaritySearch(query, 1000)).length);
      counts.add(store.stats().count);
    };
    await add(store, 50, 400, { onProgress: () => searches.push(search()) });
    await Promise.all(searches);
    searches = [];
    await search();
    expect([...counts]).toEqual([50, 400]);
  });
});

describe('a quantizer that was fitted elsewhere', () => {
  it('is used from the first vector on', async () => {
    const quantizer = await fitted(24);
    const store = new BinaryVectorStore(embeddings, { quantizer });
    expect(store.stats()).toEqual({
      count: 0,
      dimensions: 24,
      index: 'scan',
      bits: 8,
      codeBytes: 0,
      vectorBytes: 0,
    });
    await add(store, 0, 3);
    expect(store.quantizer).toBe(quantizer);
    expect(store.stats().codeBytes).toBe(24);
  });

  it('must be for vectors of this dimension', async () => {
    const store = new BinaryVectorStore(embeddings, { quantizer: await fitted(23) });
    await expect(add(store, 0, 3)).rejects.toMatchObject({ code: 'dimension-mismatch' });
  });
});

it('searches as deep as it is told to', async () => {
  const all = async (depth: BinaryVectorStoreOptions['depth']) => {
    const store = new BinaryVectorStore(embeddings, { quantizer: await fitted(24), depth });
    await add(store, 0, 400);
    return store.similaritySearchWithScore(query, 10);
  };
  const exact = await all({ candidates: 400, rerank: 400 });
  const estimated = await all({ rerank: 0 });
  const symmetric = await all({ rerank: 0, scoring: 'symmetric' });
  expect(exact[0][1]).toBeGreaterThan(exact[9][1]);
  expect(estimated).not.toEqual(exact);
  expect(symmetric).not.toEqual(estimated);
  expect(await all({ rerank: 10, candidates: 20 })).toHaveLength(10);
});

it('clears away what was deleted, and nobody can tell', async () => {
  const store = new BinaryVectorStore(embeddings, {
    quantizer: { kind: 'itq', bits: 16 },
    index: 'scan',
  });
  await add(store, 0, 400);
  await store.settled();
  const bytes = store.stats().vectorBytes;
  await store.delete({ filter: { i: { $lt: 300 } } });
  expect(store.stats().vectorBytes).toBe(bytes / 4);
  await add(store, 300, 350);
  const fresh = new BinaryVectorStore(embeddings);
  await add(fresh, 350, 400);
  await add(fresh, 300, 350);
  expect((await snapshot(store)).found).toEqual((await snapshot(fresh)).found);
});

describe('creating', () => {
  it('takes texts with metadata each, for all, for some, or none', async () => {
    const texts = ['a b', 'c d'];
    const metadataOf = async (metadatas: object | object[]) => {
      const store = await BinaryVectorStore.fromTexts(texts, metadatas, embeddings);
      return (await store.similaritySearch('a b', 2)).map(({ metadata }) => metadata);
    };
    expect(await metadataOf([{ n: 1 }, { n: 2 }])).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await metadataOf({ n: 3 })).toEqual([{ n: 3 }, { n: 3 }]);
    expect(await metadataOf([])).toEqual([{}, {}]);
    expect(await metadataOf([{ n: 1 }])).toEqual([{ n: 1 }, {}]);
    expect(await metadataOf([{ n: 1 }, { n: 2 }, { n: 3 }])).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await metadataOf(undefined as unknown as object)).toEqual([{}, {}]);
  });

  it('takes documents, and options that it does not know', async () => {
    const quantizer = { kind: 'itq', bits: 8 };
    const options = { k: 3, inputKeys: ['x'], index: 'scan', quantizer };
    const progress: number[] = [];
    const store = await BinaryVectorStore.fromDocuments(documents, embeddings, {
      ...(options as BinaryVectorStoreOptions),
      onProgress: ({ done }) => progress.push(done),
    });
    await store.settled();
    expect(store.stats()).toMatchObject({ count: 400, bits: 8 });
    expect(progress.length).toBeGreaterThan(3);
    const aborted = { signal: AbortSignal.abort(new Error('no')) };
    await expect(BinaryVectorStore.fromDocuments(documents, embeddings, aborted)).rejects.toThrow(
      'no',
    );
  });

  it.each<[string, unknown]>([
    ['an unknown kind', { quantizer: { kind: 'magic', bits: 8 } }],
    ['bits and a quantizer', { bits: 8, quantizer: { kind: 'itq', bits: 8 } }],
    ['no bits at all', { bits: 0 }],
    ['a kind without bits', { quantizer: { kind: 'itq' } }],
    ['no bits', { quantizer: { kind: 'itq', bits: 0 } }],
    ['half a bit', { quantizer: { kind: 'itq', bits: 1.5 } }],
    ['a seed that is no whole number', { quantizer: { kind: 'itq', bits: 8, seed: 0.5 } }],
    ['a name for a quantizer', { quantizer: 'itq' }],
    ['null for a quantizer', { quantizer: null }],
    ['an index that there is none of', { index: 'tree' }],
    ['a quantizer for exact searches', { index: 'exact', bits: 8 }],
    ['a recall of nothing', { targetRecall: 0 }],
    ['a recall above one', { targetRecall: 1.1 }],
    ['prefixes', { depth: { prefixes: 3 } }],
    ['a depth said twice', { depth: { rerank: 20, oversampling: 2 } }],
    ['a depth that is no object', { depth: 3 }],
    ['an unknown scoring', { depth: { scoring: 'magic' } }],
    ['negative candidates', { depth: { candidates: -1 } }],
    ['half a re-rank', { depth: { rerank: 0.5 } }],
    ['fields that are no list', { fields: 'lang' }],
    ['a field that is no path', { fields: ['lang', 7] }],
    ['a field without a name', { fields: [''] }],
    ['an operator for a field', { fields: ['$and'] }],
    ['a field twice', { fields: ['lang', 'lang'] }],
  ])('refuses %s', (_, options) => {
    expect(() => new BinaryVectorStore(embeddings, options as BinaryVectorStoreOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('takes more random bits than there are dimensions, up to eight times as many', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'random', bits: 64 },
      index: 'scan',
    });
    await add(store, 0, 150);
    await store.settled();
    expect(store.quantizer?.bits).toBe(64);
    const tooMany = new BinaryVectorStore(embeddings, { quantizer: { kind: 'random', bits: 193 } });
    await expect(add(tooMany, 0, 5)).rejects.toThrow(
      /got 193, expected at most 192 for vectors of 24/,
    );
  });

  it('refuses more bits than dimensions with the first vectors', async () => {
    const store = new BinaryVectorStore(embeddings, { quantizer: { kind: 'itq', bits: 25 } });
    await expect(add(store, 0, 1)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(store.addVectors([[]], [documents[0]])).rejects.toMatchObject({
      code: 'empty-input',
    });
    expect(store.stats()).toMatchObject({ count: 0, dimensions: undefined });
  });
});

it('needs no file system until it is saved or loaded', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  // What comes from other stores comes from files, by a way in of its own.
  const sources = (await readdir(root, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !/^migrate|\.(test|suite)\.ts$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(10);
  for (const file of sources) {
    expect(readFileSync(`${root}/${file}`, 'utf8'), file).not.toMatch(
      /from '(node:|@bitryoshka\/core\/node)/,
    );
  }
});

async function fitted(dimensions: number): Promise<Quantizer> {
  const vectors = await new WordEmbeddings(dimensions).embedDocuments(
    documents.slice(0, 100).map(({ pageContent }) => pageContent),
  );
  return fitQuantizer(vectors, { kind: 'itq', bits: 8 });
}

describe('reading what is inside', () => {
  it('lists documents with their ids, made-up ones included, as copies', async () => {
    const store = new BinaryVectorStore(embeddings);
    expect([...store.entries()]).toEqual([]);
    const [made] = await store.addDocuments([new Document({ pageContent: 'one' })]);
    await add(store, 0, 2);
    await store.delete({ ids: [ids[0] as string] });
    const entries = [...store.entries()];
    expect(entries.map(([id]) => id)).toEqual([made, ids[1]]);
    expect(entries.map(([, { pageContent }]) => pageContent)).toEqual([
      'one',
      documents[1]?.pageContent,
    ]);
    (entries[1] as [string, Document])[1].metadata.i = 'changed';
    expect((await store.getByIds([ids[1] as string]))[0]?.metadata).toEqual({ i: 1 });
  });

  it('shows the vectors of its rows', async () => {
    const store = new BinaryVectorStore(embeddings);
    expect(store.index).toBeUndefined();
    await add(store, 0, 3);
    expect(store.index?.rows).toBe(3);
    const vector = await embeddings.embedQuery(documents[2]?.pageContent as string);
    expect(store.index?.search(vector, { k: 1 })[0]?.row).toBe(2);
    expect(store.index).not.toHaveProperty('delete');
    expect(() => Object.assign(store.index as object, { rows: 7 })).toThrow(TypeError);
  });
});

describe('storage', () => {
  it.each([
    ['float16', 48, 0.02],
    ['int8', 28, 0.02],
    ['int4', 16, 0.15],
    ['int2', 12, 0.5],
  ] as const)('keeps vectors as %s, finds nearly the same', async (storage, bytes, tolerance) => {
    const options = { quantizer: { kind: 'itq', bits: 16 }, index: 'scan' } as const;
    const store = new BinaryVectorStore(embeddings, { ...options, storage });
    const full = new BinaryVectorStore(embeddings, options);
    for (const each of [store, full]) {
      await add(each, 0, 200);
      await add(each, 100, 400);
      await each.settled();
    }
    expect(store.stats()).toMatchObject({ count: 400, vectorBytes: 400 * bytes });
    const [found, expected] = await Promise.all(
      [store, full].map((each) => each.similaritySearchWithScore(query, 10)),
    );
    for (const [i, [, score]] of (expected ?? []).entries()) {
      expect(Math.abs((found?.[i]?.[1] ?? 0) - score)).toBeLessThan(tolerance);
    }
  });

  it('refuses what it does not know', () => {
    expect(() => new BinaryVectorStore(embeddings, { storage: 'float8' as never })).toThrow(
      /storage: got "float8", expected one of float32/,
    );
  });
});

it('searches what was there before, while many are added', async () => {
  const store = new BinaryVectorStore(embeddings);
  await add(store, 0, 100);
  const before = await store.similaritySearchWithScore(query, 1000);
  const seen: unknown[] = [];
  const onProgress = () => seen.push(store.similaritySearchWithScore(query, 1000));
  const adding = add(store, 50, 400, { onProgress });
  await adding;
  expect(seen.length).toBeGreaterThan(1);
  // The last report comes when all is added, before the documents are there.
  for (const found of await Promise.all(seen)) expect(found).toEqual(before);
  expect(store.stats().count).toBe(400);
});

it.each(['5', [7], true, -1, 1.5, null, Number.NaN])('refuses %j for k', async (k) => {
  const store = await BinaryVectorStore.fromDocuments(documents.slice(0, 3), embeddings);
  await expect(store.similaritySearch(query, k as number)).rejects.toMatchObject({
    code: 'invalid-option',
  });
});
