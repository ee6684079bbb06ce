import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Quantizer } from '@bitryoshka/core';
import { FlatIndex, fitQuantizer, tune } from '@bitryoshka/core';
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
  it('happens within the addition that makes the vectors enough', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'itq', bits: 16 },
      fitAt: 100,
    });
    await add(store, 0, 99);
    expect(store.quantizer).toBeUndefined();
    expect(store.stats()).toEqual({
      count: 99,
      dimensions: 24,
      bits: undefined,
      codeBytes: 0,
      vectorBytes: 99 * 24 * 4,
    });
    // Replacing is not adding.
    await add(store, 0, 50);
    expect(store.quantizer).toBeUndefined();
    await add(store, 99, 100);
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['itq', 16]);
    expect(store.stats()).toMatchObject({ count: 100, bits: 16, codeBytes: 800 });
    const { quantizer } = store;
    await add(store, 100, 400);
    expect(store.quantizer).toBe(quantizer);
    expect(store.stats().count).toBe(400);
  });

  it('tunes itself when only the bits are given', async () => {
    const store = new BinaryVectorStore(embeddings, { bits: 8, fitAt: 200 });
    await add(store, 0, 400);
    expect(store.quantizer?.bits).toBe(8);
    const { quantizer } = await tune(
      await embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent)),
      { bits: 8 },
    );
    expect(store.quantizer?.save()).toEqual(quantizer.save());
  });

  it('learns from the vectors of the store, and not from replaced ones', async () => {
    const options = { quantizer: { kind: 'pca', bits: 8 }, fitAt: 120 } as const;
    const store = new BinaryVectorStore(embeddings, options);
    const noise = Array.from({ length: 30 }, (_, i) => new Document({ pageContent: `noise${i}` }));
    await store.addDocuments(noise, { ids: ids.slice(90, 120) });
    await add(store, 0, 90, {});
    expect(store.quantizer).toBeDefined();
    const replaced = new BinaryVectorStore(embeddings, { ...options, fitAt: 121 });
    await replaced.addDocuments(noise, { ids: ids.slice(90, 120) });
    await add(replaced, 0, 121);
    const plain = new BinaryVectorStore(embeddings, { ...options, fitAt: 121 });
    await add(plain, 0, 121);
    expect(replaced.quantizer?.save()).toEqual(plain.quantizer?.save());
    expect(replaced.quantizer?.save()).not.toEqual(store.quantizer?.save());
  });

  it('waits until there are more vectors than bits', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'itq', bits: 20 },
      fitAt: 2,
    });
    await add(store, 0, 20);
    expect(store.quantizer).toBeUndefined();
    await expect(store.fit()).rejects.toMatchObject({ code: 'not-enough-vectors' });
    await add(store, 20, 21);
    expect(store.quantizer?.bits).toBe(20);
  });

  it('takes 1000 vectors and 256 bits by default, fewer bits for shorter vectors', async () => {
    const store = new BinaryVectorStore(embeddings);
    const vectors = Array.from({ length: 1000 }, (_, i) =>
      Array.from({ length: 30 }, (_, j) => Math.sin((i + 1) * (j + 2))),
    );
    const texts = vectors.map((_, i) => new Document({ pageContent: `${i}` }));
    await store.addVectors(vectors.slice(1), texts.slice(1));
    expect(store.quantizer).toBeUndefined();
    await store.addVectors(vectors.slice(0, 1), texts.slice(0, 1));
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['autoencoder', 30]);
  });

  it('can be left to the caller, and repeated', async () => {
    const store = new BinaryVectorStore(embeddings, {
      fitAt: Infinity,
      depth: { candidates: 400, rerank: 400 },
    });
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

  it('trains heads, from the start and later', async () => {
    const head = { steps: 10, nested: [8] };
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'head', bits: 12, head },
      fitAt: 200,
    });
    await add(store, 0, 200);
    expect([store.quantizer?.kind, store.quantizer?.bits]).toEqual(['head', 12]);
    await store.fit({ quantizer: { kind: 'itq', bits: 10 } });
    await store.refit();
    expect(store.quantizer?.kind).toBe('itq');
    const trained = await store.refit({ head: { steps: 5, loyalty: 0.01 } });
    expect([trained.kind, trained.bits]).toEqual(['head', 10]);
    expect(store.quantizer).toBe(trained);
    expect(await store.similaritySearchWithScore(query, 3)).toHaveLength(3);
    await expect(store.fit({ quantizer: { kind: 'itq', bits: 10, head } })).rejects.toThrow(
      /quantizer.head: got .*, expected an object, and only for the kind head/,
    );
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
    const quantizer = { kind: 'head', bits: 12, head: { steps: 10 } } as const;
    const plain = await BinaryVectorStore.fromDocuments(titled, embeddings, {
      quantizer,
      fitAt: 200,
    });
    const store = await BinaryVectorStore.fromDocuments(titled, new Listening(24), {
      quantizer: { ...quantizer, corpus: { title: 'name', kinds: ['title', 'neighbour'] } },
      fitAt: 200,
    });
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
      fitAt: 50,
    });
    await add(store, 0, 60);
    expect(store.quantizer).toBeDefined();
    expect(await store.similaritySearch('x', 60)).toHaveLength(60);
  });

  it('leaves the store as it was when it fails or is aborted', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'itq', bits: 16 },
      fitAt: 100,
    });
    await add(store, 0, 80);
    const before = await snapshot(store);
    for (const stage of ['add', 'fit', 'encode']) {
      const controller = new AbortController();
      const adding = add(store, 40, 200, {
        signal: controller.signal,
        onProgress: (progress: { stage: string }) => {
          if (progress.stage === stage) controller.abort(new Error(`no ${stage}`));
        },
      });
      await expect(adding).rejects.toThrow(`no ${stage}`);
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
      fitAt: 100,
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
    fitAt: 100,
  });
  await add(store, 0, 400);
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
  it('takes texts with metadata each, for all, or none', async () => {
    const texts = ['a b', 'c d'];
    const metadataOf = async (metadatas: object | object[]) => {
      const store = await BinaryVectorStore.fromTexts(texts, metadatas, embeddings);
      return (await store.similaritySearch('a b', 2)).map(({ metadata }) => metadata);
    };
    expect(await metadataOf([{ n: 1 }, { n: 2 }])).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await metadataOf({ n: 3 })).toEqual([{ n: 3 }, { n: 3 }]);
    expect(await metadataOf([])).toEqual([{}, {}]);
    await expect(metadataOf([{ n: 1 }])).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('takes documents, and options that it does not know', async () => {
    const options = { k: 3, inputKeys: ['x'], fitAt: 30, quantizer: { kind: 'itq', bits: 8 } };
    const progress: number[] = [];
    const store = await BinaryVectorStore.fromDocuments(documents, embeddings, {
      ...(options as BinaryVectorStoreOptions),
      onProgress: ({ done }) => progress.push(done),
    });
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
    ['a fit with no vectors', { fitAt: 0 }],
    ['a fit at NaN', { fitAt: Number.NaN }],
    ['a depth that is no object', { depth: 3 }],
    ['an unknown scoring', { depth: { scoring: 'magic' } }],
    ['negative candidates', { depth: { candidates: -1 } }],
    ['half a re-rank', { depth: { rerank: 0.5 } }],
  ])('refuses %s', (_, options) => {
    expect(() => new BinaryVectorStore(embeddings, options as BinaryVectorStoreOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('takes more random bits than there are dimensions, up to eight times as many', async () => {
    const store = new BinaryVectorStore(embeddings, {
      quantizer: { kind: 'random', bits: 64 },
      fitAt: 100,
    });
    await add(store, 0, 150);
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
  const sources = (await readdir(root, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(file),
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
  });
});

describe('tuneSearch', () => {
  it('chooses codes and depth for a recall, and searches with them', async () => {
    const store = new BinaryVectorStore(embeddings, { fitAt: Infinity });
    await expect(store.tuneSearch({ targetRecall: 0.9 })).rejects.toMatchObject({
      code: 'not-enough-vectors',
    });
    await add(store, 0, 400);
    await store.delete({ ids: ids.slice(0, 40) });
    const exact = await snapshot(store);
    const tuning = await store.tuneSearch({ targetRecall: 0.9, bits: [8, 16, 24] });
    expect(tuning.recall).toBeGreaterThanOrEqual(0.9);
    expect(store.stats()).toMatchObject({ count: 360, bits: tuning.quantizer.bits });
    const all = { candidates: 400, rerank: 400 };
    const found = store.index?.search(await embeddings.embedQuery(query), { k: 5, ...all });
    expect(found?.map(({ score }) => score)).toEqual(
      exact.found.slice(0, 5).map(([, score]) => score),
    );
  });
});

describe('prefixes', () => {
  const quantizer = { kind: 'itq', bits: 16 } as const;

  it('of a store find what an index finds by them', async () => {
    const depth = { prefixes: 60, rerank: 20 };
    const store = new BinaryVectorStore(embeddings, {
      quantizer,
      fitAt: 100,
      prefixBits: 16,
      depth,
    });
    await add(store, 0, 100);
    await add(store, 100, 400);
    const index = new FlatIndex(store.quantizer as Quantizer, undefined, undefined, {
      prefixBits: 16,
    });
    index.add(await embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent)));
    const vector = await embeddings.embedQuery(query);
    const found = await store.similaritySearchVectorWithScore(vector, 5);
    const expected = index.search(vector, { k: 5, ...depth });
    expect(found.map(([, score]) => score)).toEqual(expected.map(({ score }) => score));
    await store.tuneSearch({ targetRecall: 0.5, bits: [8] });
    expect(await store.similaritySearchVectorWithScore(vector, 5)).toHaveLength(5);
  });

  it.each([
    [{ prefixBits: 12 }, /prefixBits: got 12, expected a multiple of 8/],
    [{ prefixBits: -8 }, /prefixBits: got -8/],
    [{ depth: { prefixes: 9 } }, /depth.prefixes: got 9, expected none without prefixBits/],
    [{ prefixBits: 8, depth: { prefixes: 0 } }, /depth.prefixes: got 0/],
  ])('are refused: %o', (options, message) => {
    expect(() => new BinaryVectorStore(embeddings, options)).toThrow(message);
  });

  it('are refused where codes are shorter', async () => {
    const store = new BinaryVectorStore(embeddings, { quantizer, prefixBits: 24 });
    await expect(add(store, 0, 10)).rejects.toThrow(
      /prefixBits: got 24, expected at most the 16 bits of a code/,
    );
    const fitting = new BinaryVectorStore(embeddings, { quantizer, prefixBits: 16, fitAt: 50 });
    await add(fitting, 0, 100);
    await expect(fitting.fit({ quantizer: { kind: 'itq', bits: 8 } })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    expect(fitting.quantizer?.bits).toBe(16);
  });
});

describe('norms', () => {
  it('that are computed give decoded scores that are not rounded to a byte', async () => {
    const options = {
      quantizer: { kind: 'itq', bits: 16 } as const,
      fitAt: 100,
      depth: { rerank: 0 },
    };
    const [stored, computed] = await Promise.all(
      (['stored', 'computed'] as const).map(async (norms) => {
        const store = new BinaryVectorStore(embeddings, { ...options, norms });
        await add(store, 0, 200);
        await add(store, 100, 400);
        return store.similaritySearchWithScore(query, 400);
      }),
    );
    const scores = new Map(stored?.map(([{ id }, score]) => [id, score]));
    const errors = (computed ?? []).map(([{ id }, score]) =>
      Math.abs(score - (scores.get(id) ?? 1)),
    );
    expect(errors).toHaveLength(400);
    expect(Math.max(...errors)).toBeLessThan(0.01);
    expect(Math.max(...errors)).toBeGreaterThan(0);
  });

  it('are refused when they are neither', () => {
    expect(() => new BinaryVectorStore(embeddings, { norms: 'none' as never })).toThrow(
      /norms: got "none", expected one of stored, computed/,
    );
  });
});

describe('storage', () => {
  it.each(['float16', 'int8'] as const)(
    'keeps vectors as %s, finds nearly the same',
    async (storage) => {
      const options = { quantizer: { kind: 'itq', bits: 16 } as const, fitAt: 100 };
      const store = new BinaryVectorStore(embeddings, { ...options, storage });
      const full = new BinaryVectorStore(embeddings, options);
      for (const each of [store, full]) {
        await add(each, 0, 200);
        await add(each, 100, 400);
      }
      const bytes = storage === 'int8' ? 28 : 48;
      expect(store.stats()).toMatchObject({ count: 400, vectorBytes: 400 * bytes });
      const [found, expected] = await Promise.all(
        [store, full].map((each) => each.similaritySearchWithScore(query, 10)),
      );
      for (const [i, [, score]] of (expected ?? []).entries()) {
        expect(Math.abs((found?.[i]?.[1] ?? 0) - score)).toBeLessThan(0.02);
      }
    },
  );

  it('refuses what it does not know', () => {
    expect(() => new BinaryVectorStore(embeddings, { storage: 'float8' as never })).toThrow(
      /storage: got "float8", expected one of float32/,
    );
  });
});

it('searches what was there before, while many are added', async () => {
  const store = new BinaryVectorStore(embeddings, { fitAt: Infinity });
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
