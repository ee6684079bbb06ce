import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScoreThresholdRetriever } from '@langchain/classic/retrievers/score_threshold';
import { Document } from '@langchain/core/documents';
import { describe, expect, it } from 'vitest';
import type { HybridOptions } from '../lexical/hybrid-options.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

/** A model that knows what texts are about, by their first letter, but no names. */
class TopicEmbeddings extends WordEmbeddings {
  override async embedQuery(text: string): Promise<number[]> {
    return super.embedQuery(text.slice(0, 1));
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const embeddings = new TopicEmbeddings();
const texts = [
  'search a folder but not its parents with --no-ignore-parent',
  'search quickly through many files',
  'search what same_file_system leaves out',
  'walk to the bakery in the morning',
  'walk with the dog E4711 in the park',
  'sleep well',
];
const documents = texts.map(
  (pageContent, i) => new Document({ pageContent, metadata: { number: i } }),
);
const ids = texts.map((_, i) => String(i));

async function filled(options: BinaryVectorStoreOptions = { hybrid: true }) {
  const store = new BinaryVectorStore(embeddings, options);
  await store.addDocuments(documents, { ids });
  return store;
}

const asked = async (store: BinaryVectorStore, query: string, k = 1) =>
  (await store.similaritySearch(query, k)).map(({ id }) => id);

describe('a hybrid store', () => {
  it.each([
    ['what about --no-ignore-parent', '0'],
    ['where is no-ignore-parent', '0'],
    ['the option sameFileSystem', '2'],
    ['about e4711', '4'],
    ['a BAKERY', '3'],
  ])('finds names that vectors do not know: %s', async (query, expected) => {
    expect(await asked(await filled(), query)).toEqual([expected]);
  });

  it('finds by vectors what shares no word with a query', async () => {
    const store = await filled();
    expect(await asked(store, 'wander')).toEqual(await asked(await filled({}), 'wander'));
    expect(await store.similaritySearchWithScore('wander', 6)).toEqual(
      await (await filled({})).similaritySearchWithScore('wander', 6),
    );
  });

  it('asks vectors alone where it is given one', async () => {
    const vector = await embeddings.embedQuery('E4711');
    const [store, plain] = [await filled(), await filled({})];
    expect(await store.similaritySearchVectorWithScore(vector, 6)).toEqual(
      await plain.similaritySearchVectorWithScore(vector, 6),
    );
  });

  it('answers retrievers, searches for variety and thresholds', async () => {
    const store = await filled();
    const query = 'about E4711';
    expect((await store.asRetriever(1).invoke(query))[0]?.id).toBe('4');
    const varied = store.asRetriever({ k: 2, searchType: 'mmr', searchKwargs: { lambda: 0.9 } });
    expect((await varied.invoke(query))[0]?.id).toBe('4');
    const scored = await store.similaritySearchWithScore(query, 6);
    const scores = scored.map(([, score]) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const minSimilarityScore = ((scores[0] ?? 0) + (scores[1] ?? 0)) / 2;
    const above = ScoreThresholdRetriever.fromVectorStore(store, { minSimilarityScore, maxK: 6 });
    expect((await above.invoke(query)).map(({ id }) => id)).toEqual(['4']);
  });

  it('filters both sides', async () => {
    const store = await filled();
    const filter = { number: { $ne: 4 } };
    const found = await store.similaritySearch('about E4711 bakery', 5, filter);
    expect(found).toHaveLength(5);
    expect(found[0]?.id).toBe('3');
    expect(found.map(({ id }) => id)).not.toContain('4');
    expect(await store.similaritySearch('E4711', 3, { number: 77 })).toEqual([]);
    expect(await store.similaritySearch('E4711', 0)).toEqual([]);
  });

  it('follows replacements and deletions', async () => {
    const store = await filled();
    await store.addDocuments([new Document({ pageContent: 'walk with the cat' })], { ids: ['4'] });
    expect(await asked(store, 'walking a cat')).toEqual(['4']);
    expect(await asked(store, 'E4711', 6)).toHaveLength(6);
    await store.addDocuments([new Document({ pageContent: 'see E4711' })], { ids: ['x'] });
    expect(await asked(store, 'E4711')).toEqual(['x']);
    await store.delete({ filter: { number: 3 } });
    expect(await asked(store, 'bakery', 9)).not.toContain('3');
    await store.delete({ deleteAll: true });
    expect(await asked(store, 'bakery')).toEqual([]);
    await store.addDocuments(documents, { ids });
    expect(await asked(store, 'bakery')).toEqual(['3']);
  });

  it('shows an addition whole or not at all, and forgets one that failed', async () => {
    const store = await filled();
    const many = Array.from({ length: 3000 }, (_, i) => `zebra ${i} at the bakery`);
    const before = await store.similaritySearchWithScore('bakery', 10);
    const controller = new AbortController();
    const added = many.map((pageContent) => new Document({ pageContent }));
    const vectors = await embeddings.embedDocuments(many);
    let isDone = false;
    const adding = store
      .addVectors(vectors, added, { signal: controller.signal })
      .finally(() => (isDone = true));
    adding.catch(() => undefined);
    let looks = 0;
    while (!isDone && looks < 20) {
      const now = await store.similaritySearchWithScore('bakery', 10);
      if (!isDone) expect(now).toEqual(before);
      if (++looks === 3) controller.abort(new Error('enough'));
    }
    await expect(adding).rejects.toThrow('enough');
    expect(looks).toBeGreaterThan(2);
    expect(await store.similaritySearchWithScore('bakery', 10)).toEqual(before);
    await store.addVectors(vectors, added);
    const found = await store.similaritySearch('zebra 1234', 1);
    expect(found[0]?.pageContent).toBe(many[1234]);
  });

  it('adds nothing where the tokenizer throws or gives something else', async () => {
    let odd: () => unknown = () => ['word'];
    const tokenize = (text: string) =>
      text.includes('odd') ? (odd() as string[]) : text.split(' ');
    const store = await filled({ hybrid: { tokenize } });
    const fresh = new BinaryVectorStore(embeddings, { hybrid: { tokenize } });
    const added = ['first', 'odd', 'last'].map((pageContent) => new Document({ pageContent }));
    for (const [returned, message] of [
      [() => 'word', /hybrid.tokenize: got "word"/],
      [() => ['word', 7], /list of strings/],
      [
        () => {
          throw new Error('out of words');
        },
        'out of words',
      ],
    ] as const) {
      odd = returned;
      for (const either of [store, fresh]) {
        await expect(either.addDocuments(added)).rejects.toThrow(message);
        await expect(either.addDocuments(added.slice(1))).rejects.toThrow(message);
      }
      await expect(store.similaritySearch('odd')).rejects.toThrow(message);
    }
    expect(store.stats().count).toBe(6);
    expect(fresh.stats().count).toBe(0);
    expect(await asked(store, 'bakery')).toEqual(['3']);
    odd = () => ['odd'];
    await fresh.addDocuments(added, { ids: ['a', 'b', 'c'] });
    expect(await asked(fresh, 'odd')).toEqual(['b']);
    expect(await asked(fresh, 'last')).toEqual(['c']);
  });

  it('searches fields of metadata, too', async () => {
    const store = new BinaryVectorStore(embeddings, {
      hybrid: { fields: ['title', 'loc.headings', 'number'] },
    });
    await store.addDocuments(
      [
        { pageContent: 'm', metadata: { title: 'Rent', number: 12 } },
        { pageContent: 'm', metadata: { loc: { headings: ['Garden', 'Bees', 7] } } },
        { pageContent: 'm', metadata: { loc: 'garden', other: 'bees' } },
      ],
      { ids: ['a', 'b', 'c'] },
    );
    expect(await asked(store, 'the rent')).toEqual(['a']);
    expect(await asked(store, 'bees')).toEqual(['b']);
  });

  it('counts both sides as alpha says', async () => {
    const ask = async (alpha: number) => asked(await filled({ hybrid: { alpha } }), 'sunny bakery');
    expect(await ask(0)).toEqual(['3']);
    // The first of those that begin with the same letter.
    expect(await ask(1)).toEqual(['0']);
  });

  it('reduces words as its language says', async () => {
    const ask = async (language: 'en' | 'none') =>
      asked(await filled({ hybrid: { language } }), 'small bakeries');
    expect(await ask('en')).toEqual(['3']);
    expect(await ask('none')).toEqual(['0']);
  });

  it.each<[unknown, RegExp]>([
    [3, /hybrid: got 3/],
    [null, /hybrid: got null/],
    [{ alpha: 1.5 }, /hybrid.alpha: got 1.5, expected a number from 0 to 1/],
    [{ alpha: Number.NaN }, /hybrid.alpha/],
    [{ language: 'tlh' }, /language: got "tlh"/],
    [{ tokenize: 'words' }, /hybrid.tokenize/],
    [{ fields: 'title' }, /hybrid.fields/],
    [{ fields: [''] }, /hybrid.fields/],
  ])('refuses %j', (hybrid, message) => {
    const create = () => new BinaryVectorStore(embeddings, { hybrid: hybrid as HybridOptions });
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ code: 'invalid-option' }) as Error);
  });

  describe('saved and loaded', () => {
    async function saved<T>(
      store: BinaryVectorStore,
      task: (directory: string) => Promise<T>,
    ): Promise<T> {
      const directory = await mkdtemp(join(tmpdir(), 'hybrid-'));
      try {
        await store.save(directory);
        return await task(directory);
      } finally {
        await rm(directory, { recursive: true });
      }
    }

    it('answers as before, and goes on', async () => {
      const store = await filled({ hybrid: { alpha: 0.3, fields: ['title'] } });
      await store.delete({ ids: ['0', '5'] });
      const queries = ['same_file_system', 'bakery', 'E4711 park', 'wander'];
      const answers = () =>
        Promise.all(queries.map((query) => store.similaritySearchWithScore(query, 9)));
      const before = await answers();
      await saved(store, async (directory) => {
        const again = await BinaryVectorStore.load(directory, embeddings);
        expect(
          await Promise.all(queries.map((query) => again.similaritySearchWithScore(query, 9))),
        ).toEqual(before);
        await again.addDocuments([{ pageContent: 'new', metadata: { title: 'E5000' } }], {
          ids: ['n'],
        });
        expect(await asked(again, 'E5000')).toEqual(['n']);
        await again.delete({ ids: ['3'] });
        expect(await asked(again, 'bakery', 9)).not.toContain('3');
      });
    });

    it('makes tokens anew only where others are wanted', async () => {
      await saved(await filled(), async (directory) => {
        const manifest = JSON.parse(await readFile(join(directory, 'bitryoshka.json'), 'utf8')) as {
          files: Record<string, unknown>;
        };
        expect(Object.keys(manifest.files)).toContain('words.safetensors');
        const other = { alpha: 0, language: 'none' } as const;
        const plain = await BinaryVectorStore.load(directory, embeddings, { hybrid: other });
        expect(await asked(plain, 'small bakeries')).toEqual(['0']);
        expect(await asked(plain, 'small bakery')).toEqual(['3']);
        const same = await BinaryVectorStore.load(directory, embeddings);
        expect(await asked(same, 'small bakeries')).toEqual(['3']);
      });
      const tokenize = (text: string) => text.split(' ');
      await saved(await filled({ hybrid: { tokenize } }), async (directory) => {
        const again = await BinaryVectorStore.load(directory, embeddings);
        expect(await asked(again, 'BAKERIES')).toEqual(['3']);
      });
    });

    it('takes what load says instead', async () => {
      await saved(await filled(), async (directory) => {
        const plain = await BinaryVectorStore.load(directory, embeddings, { hybrid: false });
        expect(await asked(plain, 'about E4711')).not.toEqual(['4']);
        const tokenize = () => ['same'];
        const other = await BinaryVectorStore.load(directory, embeddings, { hybrid: { tokenize } });
        expect(await asked(other, 'about E4711')).toEqual(await asked(plain, 'about E4711'));
      });
      await saved(await filled({}), async (directory) => {
        const hybrid = await BinaryVectorStore.load(directory, embeddings, { hybrid: true });
        expect(await asked(hybrid, 'about E4711')).toEqual(['4']);
      });
    });
  });
});
