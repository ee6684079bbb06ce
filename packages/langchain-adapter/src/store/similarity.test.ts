import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { Similarity } from './similarity.ts';
import { vectorStoreSuite, WordEmbeddings } from './vector-store.suite.ts';

/** Texts are vectors: `1 2`. */
class Literal extends Embeddings {
  async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map((text) => text.split(' ').map(Number));
  }

  async embedQuery(text: string): Promise<number[]> {
    return text.split(' ').map(Number);
  }
}

const embeddings = new Literal({});
const texts = ['1 0', '3 0.1', '0 2', '-1 0', '0 0'];
const create = (similarity: Similarity | undefined) =>
  BinaryVectorStore.fromTexts(texts, [], embeddings, { similarity });
const search = async (store: BinaryVectorStore, query: string, k = 9) =>
  (await store.similaritySearchWithScore(query, k)).map(([{ pageContent }, score]) => [
    pageContent,
    score,
  ]);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-similarity-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Twice the dot product. */
const custom = (query: number[], vector: number[]) =>
  2 * query.reduce((sum, value, j) => sum + value * vector[j], 0);

describe('scores', () => {
  it('are cosines by default', async () => {
    for (const similarity of [undefined, 'cosine'] as const) {
      const found = await search(await create(similarity), '2 0');
      expect(found[0]).toEqual(['1 0', 1]);
      expect(found[1][1]).toBeCloseTo(3 / Math.hypot(3, 0.1), 6);
      expect(found.map(([text]) => text)).toEqual(['1 0', '3 0.1', '0 2', '0 0', '-1 0']);
      expect(found.map(([, score]) => score).slice(2)).toEqual([0, 0, -1]);
    }
  });

  it('are dot products', async () => {
    expect(await search(await create('dot'), '2 1')).toEqual([
      ['3 0.1', 6.1],
      ['1 0', 2],
      ['0 2', 2],
      ['0 0', 0],
      ['-1 0', -2],
    ]);
  });

  it('are higher for vectors that are closer, 1 for the same', async () => {
    expect(await search(await create('euclidean'), '1 0')).toEqual(
      [
        ['1 0', 1],
        ['-1 0', 1 / 3],
        ['0 0', 1 / 2],
        ['3 0.1', 1 / (1 + Math.hypot(2, 0.1))],
        ['0 2', 1 / (1 + Math.hypot(1, 2))],
      ].sort(([, a], [, b]) => (b as number) - (a as number)),
    );
  });

  it('are what a function says', async () => {
    const store = await create(custom);
    expect(await search(store, '2 1', 2)).toEqual([
      ['3 0.1', 12.2],
      ['1 0', 4],
    ]);
  });

  it('are the best of all, whatever the lengths', async () => {
    const vector = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
      minLength: 3,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 1, maxLength: 30 }),
        vector,
        fc.constantFrom('dot' as const, 'euclidean' as const),
        async (vectors, query, similarity) => {
          const store = new BinaryVectorStore(embeddings, { similarity });
          const documents = vectors.map((_, i) => new Document({ pageContent: `${i}` }));
          await store.addVectors(vectors, documents);
          const found = await store.similaritySearchVectorWithScore(query, 5);
          const scores = vectors.map((each) => {
            if (similarity === 'dot') return each.reduce((sum, v, j) => sum + v * query[j], 0);
            return 1 / (1 + Math.hypot(...each.map((v, j) => v - query[j])));
          });
          const best = scores.toSorted((a, b) => b - a).slice(0, 5);
          for (const [i, [document, score]] of found.entries()) {
            expect(score).toBeCloseTo(best[i], 9);
            expect(score).toBeCloseTo(scores[Number(document.pageContent)], 9);
          }
          expect(found).toHaveLength(best.length);
        },
      ),
    );
  });
});

describe.each<[string, Similarity]>([
  ['dot', 'dot'],
  ['euclidean', 'euclidean'],
  ['function', custom],
])('a store by %s', (_, similarity) => {
  it('is saved and loaded with the same scores', async () => {
    const store = await create(similarity);
    await store.save(directory);
    const options = typeof similarity === 'function' ? { similarity } : {};
    const loaded = await BinaryVectorStore.load(directory, embeddings, options);
    expect(await search(loaded, '0.3 0.7')).toEqual(await search(store, '0.3 0.7'));
    await loaded.addDocuments([new Document({ pageContent: '9 9' })]);
    expect(await search(loaded, '9 9', 9)).toHaveLength(6);
  });

  it('chooses for variety, filters, replaces and deletes', async () => {
    const store = await create(similarity);
    const varied = await store.maxMarginalRelevanceSearch('1 0', { k: 2, lambda: 0.1, fetchK: 5 });
    expect(varied.map(({ pageContent }) => pageContent)).toEqual(['1 0', '-1 0']);
    await store.addDocuments([new Document({ pageContent: '5 5', metadata: { new: true } })], {
      ids: ['x'],
    });
    await store.addDocuments([new Document({ pageContent: '6 6', metadata: { new: true } })], {
      ids: ['x'],
    });
    const found = await store.similaritySearch('1 0', 9, { new: true });
    expect(found.map(({ pageContent }) => pageContent)).toEqual(['6 6']);
    await store.delete({ ids: ['x'] });
    expect(await search(store, '1 0')).toHaveLength(5);
  });

  it('has no codes, and no index but an exact one', async () => {
    for (const options of [
      { bits: 8 },
      { index: 'graph' },
      { quantizer: { kind: 'itq', bits: 8 } },
    ] as const) {
      expect(() => new BinaryVectorStore(embeddings, { ...options, similarity })).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      );
    }
    const store = await create(similarity);
    await expect(store.fit()).rejects.toMatchObject({ code: 'invalid-option' });
    await store.settled();
    expect(store.stats().index).toBe('exact');
  });

  it('sees in a search what was there at the call', async () => {
    const store = await create(similarity);
    const before = await search(store, '1 0');
    const searching = search(store, '1 0');
    await store.delete({ deleteAll: true });
    expect(await searching).toEqual(before);
    expect(await search(store, '1 0')).toEqual([]);
  });

  it('refuses queries that do not fit', async () => {
    const store = await create(similarity);
    await expect(store.similaritySearch('1 2 3')).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await expect(store.similaritySearch('1 x')).rejects.toMatchObject({ code: 'not-finite' });
    expect(await new BinaryVectorStore(embeddings, { similarity }).similaritySearch('1')).toEqual(
      [],
    );
  });
});

describe('is refused', () => {
  it.each(['manhattan', 'toString', 3, null, {}])('%j', (similarity) => {
    expect(() => new BinaryVectorStore(embeddings, { similarity: similarity as 'dot' })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('a function that says no number, or throws', async () => {
    const silent = await create(() => Number.NaN);
    await expect(silent.similaritySearch('1 0')).rejects.toMatchObject({ code: 'not-finite' });
    const cause = new Error('no');
    const throwing = await create(() => {
      throw cause;
    });
    await expect(throwing.similaritySearch('1 0')).rejects.toBe(cause);
  });

  it('what a store that was saved does not know any more', async () => {
    await (await create(custom)).save(directory);
    await expect(BinaryVectorStore.load(directory, embeddings)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('the function that the store was saved with'),
    });
    await (await create('cosine')).save(directory);
    await expect(
      BinaryVectorStore.load(directory, embeddings, { similarity: 'dot' }),
    ).rejects.toMatchObject({ code: 'invalid-option' });
    await (await create('dot')).save(directory);
    const other = await BinaryVectorStore.load(directory, embeddings, { similarity: 'euclidean' });
    expect(await search(other, '3 0.1', 1)).toEqual([['3 0.1', 1]]);
  });
});

it('vectors are kept as they were given, not as they are when they are compared', async () => {
  const store = new BinaryVectorStore(embeddings, { similarity: 'dot' });
  const vectors = [[0.1, 0.2]];
  const adding = store.addVectors(vectors, [new Document({ pageContent: 'x' })]);
  vectors[0].fill(7);
  await adding;
  const [[, score]] = await store.similaritySearchVectorWithScore([1, 0], 1);
  expect(score).toBe(0.1);
});

describe('a cosine of its own', () => {
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, j) => sum + value * y[j], 0);
    const lengths = Math.sqrt(dot(a, a) * dot(b, b));
    return lengths > 0 ? Math.fround(dot(a, b) / lengths) : 0;
  };
  // Saved without the function, and loaded with it.
  const reload = async (store: BinaryVectorStore) => {
    const folder = await mkdtemp(join(tmpdir(), 'bitryoshka-similarity-'));
    try {
      await store.save(folder);
      return await BinaryVectorStore.load(folder, store.embeddings, { similarity: cosine });
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  vectorStoreSuite(async (given) => new BinaryVectorStore(given, { similarity: cosine }), {
    reload,
  });
});

it('equal texts score 1 to the last digit, and no others', async () => {
  for (const options of [{}, { index: 'scan' }, { index: 'graph' }] as const) {
    const words = new WordEmbeddings(384);
    const some = Array.from(
      { length: 300 },
      (_, i) => `text ${i} of topic${i % 7} and more${i % 31}`,
    );
    const store = await BinaryVectorStore.fromTexts(some, [], words, options);
    await store.settled();
    for (const text of some) {
      const [[first, score], [, next]] = await store.similaritySearchWithScore(text, 2);
      expect([first.pageContent, score]).toEqual([text, 1]);
      expect(next).toBeLessThan(1);
    }
  }
});
