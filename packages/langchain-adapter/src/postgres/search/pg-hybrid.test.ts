import { randomUUID } from 'node:crypto';
import { Document } from '@langchain/core/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentFilter } from '../../filters/document-filter.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import type { PgPool } from '../database/pg-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';

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
  'search a folder but not its parents with ignore_parents',
  'search quickly through many files',
  "search what O'Brien's C:\\temp leaves out",
  'walk to the bakery in the morning',
  'walk with the dog E4711 in the park',
  'sleep well',
];
const documents = texts.map(
  (pageContent, i) => new Document({ pageContent, metadata: { number: i } }),
);
const ids = texts.map((_, i) => String(i));

describeDatabases((database) => {
  let opened: OpenDatabase;
  let pool: PgPool;
  beforeAll(async () => {
    opened = await database.open();
    pool = opened.pool;
  });
  afterAll(() => opened?.stop());

  const open = (collection: string, hybrid?: PgStoreOptions['hybrid']) =>
    PgBinaryVectorStore.open(embeddings, { pool, collection, storage: 'vector', hybrid });

  async function filled(hybrid: PgStoreOptions['hybrid'] = true, collection = randomUUID()) {
    const store = await open(collection, hybrid);
    await store.addDocuments(documents, { ids });
    return store;
  }

  const asked = async (store: PgBinaryVectorStore, query: string, k = 1) =>
    (await store.similaritySearch(query, k)).map(({ id }) => id);
  const tableOf = async (collection: string) => {
    const { rows } = await pool.query('SELECT id FROM bitryoshka.collections WHERE name = $1', [
      collection,
    ]);
    return `bitryoshka.documents_${String(rows[0]?.id)}`;
  };

  describe('a hybrid store', () => {
    let shared: PgBinaryVectorStore;
    beforeAll(async () => {
      shared = await filled();
    });

    it.each([
      ['what about ignore_parents', '0'],
      ['about e4711', '4'],
      ['a BAKERY', '3'],
      ['where are bakeries', '3'],
      ["the o'brien's", '2'],
    ])('finds names that vectors do not know: %s', async (query, expected) => {
      expect(await asked(shared, query)).toEqual([expected]);
    });

    it('finds by vectors what shares no word with a query', async () => {
      const collection = randomUUID();
      const [store, plain] = [await filled(true, collection), await open(collection, false)];
      expect(await store.similaritySearchWithScore('wander', 6)).toEqual(
        await plain.similaritySearchWithScore('wander', 6),
      );
    });

    it('asks vectors alone where it is given one, or told to', async () => {
      const collection = randomUUID();
      const [store, plain] = [await filled(true, collection), await open(collection, false)];
      const vector = await embeddings.embedQuery('about E4711');
      const found = await plain.similaritySearchWithScore('about E4711', 6);
      expect(await store.similaritySearchVectorWithScore(vector, 6)).toEqual(found);
      expect(found[0]?.[0].id).not.toBe('4');
    });

    it('orders by what both sides make of documents, on the scale of cosines', async () => {
      const collection = randomUUID();
      const [store, plain] = [await filled(true, collection), await open(collection, false)];
      const scores = (await store.similaritySearchWithScore('about E4711', 6)).map(([, s]) => s);
      const cosines = (await plain.similaritySearchWithScore('about E4711', 6)).map(([, s]) => s);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(new Set(scores).size).toBeGreaterThan(1);
      expect(scores[0]).toBeCloseTo(cosines[0] as number, 5);
      expect(scores.at(-1)).toBeCloseTo(cosines.at(-1) as number, 5);
    });

    it('answers retrievers and searches for variety', async () => {
      const store = shared;
      expect((await store.asRetriever(1).invoke('about E4711'))[0]?.id).toBe('4');
      const varied = store.asRetriever({ k: 2, searchType: 'mmr', searchKwargs: { lambda: 0.9 } });
      expect((await varied.invoke('about E4711'))[0]?.id).toBe('4');
    });

    it.each([
      ['a condition', { number: { $ne: 4 } }],
      ['a function', (document: Document) => document.metadata.number !== 4],
    ] as const)('filters both sides by %s', async (_, filter) => {
      const store = shared;
      const found = await store.similaritySearch('about E4711 bakery', 5, filter as DocumentFilter);
      expect(found).toHaveLength(5);
      expect(found[0]?.id).toBe('3');
      expect(found.map(({ id }) => id)).not.toContain('4');
      expect(await store.similaritySearch('E4711', 3, { number: 77 })).toEqual([]);
      expect(await store.similaritySearch('E4711', 0)).toEqual([]);
    });

    it('follows replacements and deletions', async () => {
      const store = await filled();
      await store.addDocuments([new Document({ pageContent: 'walk with the cat' })], {
        ids: ['4'],
      });
      expect(await asked(store, 'of a cat')).toEqual(['4']);
      expect(await asked(store, 'E4711', 9)).toHaveLength(6);
      await store.delete({ filter: { number: 3 } });
      expect(await asked(store, 'a bakery', 9)).not.toContain('3');
      await store.delete({ deleteAll: true });
      expect(await asked(store, 'a bakery')).toEqual([]);
      await store.addDocuments(documents, { ids });
      expect(await asked(store, 'a bakery')).toEqual(['3']);
    });

    it('counts both sides as alpha says', async () => {
      const ask = async (alpha: number) => asked(await filled({ alpha }), 'sunny bakery');
      expect(await ask(0)).toEqual(['3']);
      expect(await ask(1)).toEqual(['0']);
    });

    it('reduces words as its language says, which the collection keeps', async () => {
      const collection = randomUUID();
      await filled({ language: 'none' }, collection);
      expect(await asked(await open(collection), 'small bakeries')).not.toEqual(['3']);
      expect(await asked(await open(collection, true), 'small bakeries')).not.toEqual(['3']);
      const english = await open(collection, { language: 'en' });
      expect(await asked(english, 'small bakeries')).toEqual(['3']);
      expect(await asked(await open(collection), 'small bakeries')).toEqual(['3']);
    });

    it('is made of one with vectors alone, with all that it has', async () => {
      const collection = randomUUID();
      const plain = await filled(false, collection);
      expect(await asked(plain, 'about E4711')).not.toEqual(['4']);
      expect(await asked(await open(collection, true), 'about E4711')).toEqual(['4']);
      expect(await asked(plain, 'about E4711')).not.toEqual(['4']);
    });

    it.each([
      '',
      ' ',
      '\0',
      '\ud800 bakery',
      "'",
      "'; DROP TABLE bitryoshka.collections; --",
      "\\' | \\",
      'a & !b | (c <-> :*)',
      `${'x'.repeat(5000)} ${'bakery '.repeat(5000)}`,
    ])('takes any text for words: %j', async (query) => {
      expect(await asked(shared, query, 9)).toHaveLength(6);
    });

    it('asks for known words among many that no document has', async () => {
      const unknown = Array.from({ length: 500 }, (_, i) => `word${i}`).join(' ');
      expect(await asked(shared, `about ${unknown} E4711`)).toEqual(['4']);
    });

    it('keeps texts of many words, and finds them', async () => {
      const store = await filled();
      const long = Array.from({ length: 40_000 }, (_, i) => `бё${i}-жё${i}`).join(' ');
      await store.addDocuments([new Document({ pageContent: `zebra ${long}` })], { ids: ['long'] });
      expect(await asked(store, 'a zebra')).toEqual(['long']);
    });

    it.each<[unknown, RegExp]>([
      [3, /hybrid: got 3/],
      [null, /hybrid: got null/],
      [{ alpha: 1.5 }, /hybrid.alpha: got 1.5, expected a number from 0 to 1/],
      [{ alpha: Number.NaN }, /hybrid.alpha/],
      [{ language: 'tlh' }, /hybrid.language: got tlh/],
      [{ tokenize: () => [] }, /hybrid: got "tokenize"/],
    ])('refuses %j', async (hybrid, message) => {
      const opening = open(randomUUID(), hybrid as never);
      await expect(opening).rejects.toThrow(message);
      await expect(opening).rejects.toMatchObject({ code: 'invalid-option' });
    });
  });

  it('prefers rare words to frequent ones, whether the table was analyzed or not', async () => {
    const collection = randomUUID();
    const store = await open(collection, { alpha: 0 });
    const many = Array.from({ length: 300 }, (_, i) => `walk ${i} along the river path`);
    await store.addDocuments([
      ...many.map((pageContent) => new Document({ pageContent })),
      new Document({ pageContent: 'a heron stands alone', id: 'rare' }),
    ]);
    const query = 'walk along the river path with a heron';
    const before = await store.similaritySearchWithScore(query, 20);
    expect(before[0]?.[0].id).toBe('rare');
    await pool.query(`ANALYZE ${await tableOf(collection)}`);
    const after = await store.similaritySearchWithScore(query, 20);
    expect(after.map(([{ id }]) => id)).toEqual(before.map(([{ id }]) => id));
  });

  it('looks farther on each side until enough passes a filter', async () => {
    const store = await open(randomUUID(), { alpha: 0 });
    const near = Array.from({ length: 120 }, (_, i) => `wander ${i}`);
    const hits = Array.from({ length: 300 }, (_, i) => `walk ${i} along the river`);
    await store.addDocuments(
      [...near, ...hits].map((pageContent) => new Document({ pageContent })),
    );
    const late = hits.slice(290, 295);
    const ask = async (query: string, k: number, passing: string[]) => {
      const filter = ({ pageContent }: Document) => passing.includes(pageContent);
      const found = await store.similaritySearch(query, k, filter);
      return found.map(({ pageContent }) => pageContent).sort();
    };
    const query = 'walk along the river';
    expect(await ask(query, 5, late)).toEqual(late);
    expect(await ask(query, 9, late)).toEqual(late);
    // Near ones pass at once.
    expect(await ask(query, 5, [...near, ...late])).toEqual(late);
    // No document has its words.
    expect(await ask('wonder', 5, late)).toEqual(late);
  });

  it('finds by words alone, and embeds nothing', async () => {
    const store = await PgBinaryVectorStore.open(new TopicEmbeddings(), {
      pool,
      collection: randomUUID(),
      hybrid: true,
    });
    const found = async (...asked: Parameters<typeof store.keywordSearchWithScore>) =>
      (await store.keywordSearchWithScore(...asked)).map(([{ id }]) => id);
    expect(await found('bread')).toEqual([]);
    const texts = [
      'The bakery sells bread, and bread alone.',
      'Bread is baked at night.',
      'The dog E4711 walks in the park.',
      'Nobody sleeps.',
    ];
    await store.addDocuments(
      texts.map(
        (pageContent, number) =>
          new Document({ pageContent, metadata: { number }, id: String(number) }),
      ),
    );
    store.embeddings.embedQuery = () => Promise.reject(new Error('embeds a question'));
    expect(new Set(await found('breads'))).toEqual(new Set(['0', '1']));
    expect(await found('breads', 1)).toHaveLength(1);
    expect(await found('breads', 0)).toEqual([]);
    expect(await found('bread at e4711', 9, { number: { $gte: 1 } })).toEqual(['2', '1']);
    expect(await found('bread', 9, ({ metadata }) => metadata.number === 1)).toEqual(['1']);
    expect(await found('the xylophone')).toEqual([]);
    const scores = (await store.keywordSearchWithScore('the bread of E4711')).map(([, s]) => s);
    expect(scores).toHaveLength(3);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.every((score) => score > 0)).toBe(true);
    await expect(found('bread', -1)).rejects.toThrow(/k: got -1/);
    const without = await PgBinaryVectorStore.open(embeddings, { pool, collection: randomUUID() });
    await expect(without.keywordSearchWithScore('bread')).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  it('finds documents of frequent words by the rarer ones', async () => {
    const collection = randomUUID();
    const store = await open(collection, { alpha: 0 });
    await store.addDocuments([new Document({ pageContent: 'first', id: 'first' })]);
    const table = await tableOf(collection);
    await pool.query(
      `INSERT INTO ${table} (id, given, content, metadata, vector)
       SELECT 'id' || i, true, CASE WHEN i <= 500 THEN 'odd' ELSE 'common' END || ' number' || i, jsonb_build_object('i', i), vector
       FROM ${table}, generate_series(1, 21000) i
       WHERE id = 'first'`,
    );
    const ask = (query: string, filter?: DocumentFilter) =>
      store.similaritySearch(query, 3, filter);
    expect((await ask('a common number777'))[0]?.id).toBe('id777');
    const others = await ask('a common number777', { i: { $ne: 777 } });
    expect(others).toHaveLength(3);
    expect(others.map(({ id }) => id)).not.toContain('id777');
    // The only word there is.
    expect((await ask('common')).map(({ pageContent }) => pageContent)).toEqual([
      expect.stringMatching(/^common/),
      expect.stringMatching(/^common/),
      expect.stringMatching(/^common/),
    ]);
    await store.drop();
  });
});
