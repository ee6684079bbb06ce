import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import type { VectorStore } from '@langchain/core/vectorstores';
import { describe, expect, it } from 'vitest';
import type { DocumentFilter } from '../filters/document-filter.ts';
import type { DeleteOptions } from './store-options.ts';

/** A store that can do what these tests ask for. */
export interface TestedStore extends VectorStore {
  FilterType: DocumentFilter;
  addDocuments(
    documents: DocumentInterface[],
    options?: { ids?: (string | undefined)[] },
  ): Promise<string[]>;
  delete(options?: DeleteOptions<DocumentFilter>): Promise<void>;
  getByIds(ids: readonly string[]): Promise<DocumentInterface[]>;
}

/** Texts with words in common are close: each word has a direction of its own. */
export class WordEmbeddings extends Embeddings {
  readonly dimensions: number;

  constructor(dimensions = 32) {
    super({});
    this.dimensions = dimensions;
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map((text) => this.#embed(text));
  }

  async embedQuery(text: string): Promise<number[]> {
    return this.#embed(text);
  }

  #embed(text: string): number[] {
    const vector = Array.from({ length: this.dimensions }, () => 0);
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
      let state = 2166136261;
      for (const character of word) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
      for (let j = 0; j < this.dimensions; j++) {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
        vector[j] += (state >>> 8) / 2 ** 24 - 0.5;
      }
    }
    return vector;
  }
}

/**
 * What every vector store must do.
 *
 * @param create makes an empty store
 * @param settle is called with a store before it is searched, and returns the one to search
 * @param options `isHybrid`: whether words have a say in the scores of texts
 */
export function vectorStoreSuite(
  create: (embeddings: Embeddings) => Promise<TestedStore>,
  settle: (store: TestedStore) => Promise<TestedStore> = async (store) => store,
  { isHybrid = false }: { readonly isHybrid?: boolean } = {},
): void {
  const embeddings = new WordEmbeddings();
  const animals: Document[] = [
    new Document({ pageContent: 'the cat sleeps on the sofa', metadata: { kind: 'cat', age: 3 } }),
    new Document({ pageContent: 'a dog barks at the moon', metadata: { kind: 'dog', age: 7 } }),
    new Document({ pageContent: 'the cat hunts a mouse', metadata: { kind: 'cat', age: 9 } }),
    new Document({ pageContent: 'parrots repeat every word', metadata: { kind: 'bird', age: 30 } }),
    new Document({
      pageContent: 'my dog sleeps all day',
      metadata: { kind: 'dog', age: 12, owner: { name: 'Ada' }, tags: ['lazy', 'old'] },
    }),
  ];
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const idsOf = (documents: readonly DocumentInterface[]) =>
    documents.map(({ id }) => String(id)).sort((a, b) => a.localeCompare(b));
  const contents = (documents: readonly DocumentInterface[]) =>
    documents.map(({ pageContent }) => pageContent);

  const withId = ({ pageContent, metadata }: Document, id: string) =>
    new Document({ pageContent, metadata, id });

  async function filled(withIds = true): Promise<TestedStore> {
    const store = await create(embeddings);
    await store.addDocuments(animals, withIds ? { ids } : undefined);
    return settle(store);
  }

  describe('an empty store', () => {
    it('finds nothing', async () => {
      const store = await settle(await create(embeddings));
      expect(await store.similaritySearch('cat', 3)).toEqual([]);
      expect(await store.similaritySearchWithScore('cat', 3)).toEqual([]);
      expect(await store.getByIds(['a'])).toEqual([]);
      expect(await store.maxMarginalRelevanceSearch?.('cat', { k: 2 }, undefined)).toEqual([]);
      await store.delete({ ids: ['a'] });
    });

    it('takes no documents', async () => {
      const store = await settle(await create(embeddings));
      expect(await store.addDocuments([])).toEqual([]);
      expect(await store.addVectors([], [])).toEqual([]);
      expect(await store.similaritySearch('cat', 3)).toEqual([]);
    });
  });

  describe('a search', () => {
    it('returns the documents as they were given, the closest first', async () => {
      const store = await filled(false);
      expect(await store.similaritySearch('the cat sleeps on the sofa', 1)).toStrictEqual([
        animals[0],
      ]);
      expect(contents(await store.similaritySearch('dog barks', 2))).toEqual([
        'a dog barks at the moon',
        'my dog sleeps all day',
      ]);
    });

    it('scores by cosine, higher is better', async () => {
      const store = await filled();
      const found = await store.similaritySearchWithScore('a dog barks at the moon', 5);
      const scores = found.map(([, score]) => score);
      expect(scores[0]).toBeCloseTo(1, 5);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(new Set(contents(found.map(([document]) => document))).size).toBe(5);
      const cosine = (a: number[], b: number[]) =>
        a.reduce((sum, value, j) => sum + value * b[j], 0) / (Math.hypot(...a) * Math.hypot(...b));
      const query = await embeddings.embedQuery('a dog barks at the moon');
      const closest = await store.similaritySearchVectorWithScore(query, 5);
      for (const [document, score] of isHybrid ? closest : found) {
        const vector = await embeddings.embedQuery(document.pageContent);
        expect(score).toBeCloseTo(cosine(query, vector), 5);
      }
    });

    it('returns four by default, none for k = 0, and all when k is larger', async () => {
      const store = await filled();
      expect(await store.similaritySearch('cat')).toHaveLength(4);
      expect(await store.similaritySearch('cat', 0)).toEqual([]);
      expect(await store.similaritySearch('cat', 1000)).toHaveLength(5);
    });

    it('returns documents that the caller may change', async () => {
      const store = await filled();
      const [first] = await store.similaritySearch('my dog sleeps all day', 1);
      first.pageContent = 'changed';
      first.metadata.tags.push('changed');
      first.metadata.owner.name = 'changed';
      const [again] = await store.similaritySearch('my dog sleeps all day', 1);
      expect(again.metadata).toEqual(animals[4].metadata);
    });

    it.each<[string, DocumentFilter, string[]]>([
      ['a function', ({ metadata }) => metadata.kind === 'dog', ['b', 'e']],
      [
        'a function of the content',
        ({ pageContent }) => pageContent.includes('sleeps'),
        ['a', 'e'],
      ],
      ['a value', { kind: 'cat' }, ['a', 'c']],
      ['a comparison', { age: { $gt: 8 } }, ['c', 'd', 'e']],
      ['several conditions', { kind: 'dog', age: { $lt: 10 } }, ['b']],
      ['alternatives', { $or: [{ kind: { $eq: 'bird' } }, { age: { $eq: 3 } }] }, ['a', 'd']],
      ['a conjunction', { $and: [{ kind: 'cat' }, { age: { $ne: 3 } }] }, ['c']],
      ['a list', { kind: { $in: ['bird', 'dog'] } }, ['b', 'd', 'e']],
      ['a path', { 'owner.name': 'Ada' }, ['e']],
      ['an element', { tags: 'old' }, ['e']],
      ['existence', { owner: { $exists: false } }, ['a', 'b', 'c', 'd']],
      ['no conditions', {}, ['a', 'b', 'c', 'd', 'e']],
      ['what no document meets', { kind: 'fish' }, []],
    ])('filters by %s', async (_, filter, expected) => {
      const store = await filled();
      const found = await store.similaritySearch('cat', 5, filter);
      expect(idsOf(found)).toEqual(expected);
      // Not among the closest: a filter that came after the search would find nothing.
      expect(await store.similaritySearch('parrots repeat every word', 1, filter)).toHaveLength(
        Math.min(1, expected.length),
      );
    });

    it('for variety chooses close documents that differ', async () => {
      const store = await create(embeddings);
      const texts = ['red apple pie', 'red apple pie', 'red apple tart', 'green pear pie', 'x y z'];
      await store.addDocuments(texts.map((pageContent) => new Document({ pageContent })));
      const settled = await settle(store);
      const search = async (lambda: number, k: number, fetchK?: number) =>
        contents(
          (await settled.maxMarginalRelevanceSearch?.(
            'red apple pie',
            { k, lambda, ...(fetchK !== undefined && { fetchK }) },
            undefined,
          )) ?? [],
        );
      expect(await search(1, 2)).toEqual(['red apple pie', 'red apple pie']);
      const varied = await search(0.3, 3);
      expect(varied[0]).toBe('red apple pie');
      expect(new Set(varied).size).toBe(3);
      expect(await search(0, 2, 2)).toEqual(['red apple pie', 'red apple pie']);
      expect(await search(0.5, 50)).toHaveLength(5);
      expect(await search(0.5, 4, 1)).toHaveLength(4);
      expect(await search(0.5, 0)).toEqual([]);
    });
  });

  describe('a retriever', () => {
    it('returns what a search returns', async () => {
      const store = await filled();
      expect(await store.asRetriever(2).invoke('dog')).toEqual(
        await store.similaritySearch('dog', 2),
      );
      expect(await store.asRetriever().invoke('dog')).toHaveLength(4);
    });

    it('passes filters on', async () => {
      const store = await filled();
      for (const filter of [
        { kind: 'cat' },
        ({ metadata }: DocumentInterface) => metadata.kind === 'cat',
      ]) {
        const found = await store.asRetriever({ k: 4, filter }).invoke('dog');
        expect(idsOf(found)).toEqual(['a', 'c']);
      }
    });

    it('searches for variety', async () => {
      const retriever = (await filled()).asRetriever({
        k: 2,
        searchType: 'mmr',
        searchKwargs: { fetchK: 4, lambda: 0.1 },
        filter: { kind: { $ne: 'bird' } },
      });
      const found = await retriever.invoke('my dog sleeps all day');
      expect(found).toHaveLength(2);
      expect(found[0].id).toBe('e');
    });

    it('adds documents', async () => {
      const store = await create(embeddings);
      await store.asRetriever(1).addDocuments(animals, { ids });
      expect(contents(await store.asRetriever(1).invoke('parrots'))).toEqual([
        'parrots repeat every word',
      ]);
    });

    it('is tagged with the kind of the store', async () => {
      const store = await create(embeddings);
      expect(store.asRetriever().tags).toContain(store._vectorstoreType());
      expect(store.lc_namespace).toEqual(['langchain', 'vectorstores', store._vectorstoreType()]);
    });
  });

  describe('ids', () => {
    it('are made up where none are given, and then not put on documents', async () => {
      const store = await create(embeddings);
      const made = await store.addDocuments(animals);
      expect(new Set(made).size).toBe(5);
      const settled = await settle(store);
      expect(await settled.getByIds([made[3]])).toStrictEqual([animals[3]]);
      expect((await settled.getByIds(made)).every(({ id }) => id === undefined)).toBe(true);
    });

    it('come from the options, or else from the documents', async () => {
      const store = await create(embeddings);
      const own = [
        new Document({ pageContent: 'one', id: '1' }),
        new Document({ pageContent: 'two', id: '2' }),
        new Document({ pageContent: 'three' }),
      ];
      expect(await store.addDocuments(own.slice(0, 1))).toEqual(['1']);
      const [second, third] = await store.addDocuments(own.slice(1), { ids: ['zwei', undefined] });
      expect(second).toBe('zwei');
      const settled = await settle(store);
      expect((await settled.getByIds(['1', 'zwei', '2'])).map(({ id }) => id)).toEqual([
        '1',
        'zwei',
      ]);
      expect(contents(await settled.getByIds([third]))).toEqual(['three']);
    });

    it('name documents in the order asked for; unknown ones are left out', async () => {
      const store = await filled();
      expect((await store.getByIds(['c', 'nobody', 'a', ''])).map(({ id }) => id)).toEqual([
        'c',
        'a',
      ]);
      expect(await store.getByIds([])).toEqual([]);
    });

    it('make adding the same documents again change nothing', async () => {
      const store = await filled();
      expect(await store.addDocuments(animals, { ids })).toEqual(ids);
      const settled = await settle(store);
      expect(idsOf(await settled.similaritySearch('cat', 99))).toEqual(ids);
    });

    it('replace a document', async () => {
      const store = await filled();
      const changed = new Document({ pageContent: 'a goldfish swims', metadata: { kind: 'fish' } });
      await store.addDocuments([changed], { ids: ['b'] });
      const settled = await settle(store);
      expect(await settled.similaritySearch('a goldfish swims', 1)).toEqual([withId(changed, 'b')]);
      expect(contents(await settled.similaritySearch('a dog barks at the moon', 99))).not.toContain(
        'a dog barks at the moon',
      );
      expect(await settled.similaritySearch('x', 99)).toHaveLength(5);
      expect(contents(await settled.getByIds(['b']))).toEqual(['a goldfish swims']);
    });
  });

  describe('delete', () => {
    const left = async (store: TestedStore) =>
      idsOf(await (await settle(store)).similaritySearch('cat', 99));

    it('removes by id, one, several and all', async () => {
      const store = await filled();
      await store.delete({ ids: ['c'] });
      expect(await left(store)).toEqual(['a', 'b', 'd', 'e']);
      expect(await store.getByIds(['c'])).toEqual([]);
      await store.delete({ ids: ['a', 'e'] });
      expect(await left(store)).toEqual(['b', 'd']);
      await store.delete({ ids });
      expect(await left(store)).toEqual([]);
    });

    it('ignores ids that are not there', async () => {
      const store = await filled();
      await store.delete({ ids: ['nobody', ''] });
      await store.delete({ ids: [] });
      expect(await left(store)).toEqual(ids);
    });

    it('removes by filter', async () => {
      const store = await filled();
      await store.delete({ filter: { kind: 'cat' } });
      await store.delete({ filter: ({ metadata }) => metadata.age === 30 });
      expect(await left(store)).toEqual(['b', 'e']);
    });

    it('removes everything when told so, and takes documents again', async () => {
      const store = await filled();
      await store.delete({ deleteAll: true });
      expect(await left(store)).toEqual([]);
      await store.addDocuments(animals.slice(0, 2), { ids: ids.slice(0, 2) });
      expect(await left(store)).toEqual(['a', 'b']);
    });

    it('refuses to guess what to delete', async () => {
      const store = await filled();
      for (const options of [undefined, {}, { ids: undefined }, { ids: ['a'], deleteAll: true }]) {
        await expect(store.delete(options)).rejects.toMatchObject({ code: 'invalid-option' });
      }
      expect(await left(store)).toEqual(ids);
    });
  });

  it('changes none of its inputs, and does not notice when they change later', async () => {
    const store = await create(embeddings);
    const documents = animals.map(
      ({ pageContent, metadata }) =>
        new Document({ pageContent, metadata: structuredClone(metadata) }),
    );
    const vectors = await embeddings.embedDocuments(contents(documents));
    const before = structuredClone({ documents, vectors, ids });
    const adding = store.addVectors(vectors, documents, { ids });
    expect({ documents, vectors, ids }).toEqual(before);
    documents[4].metadata.tags.push('changed');
    documents[0].pageContent = 'changed';
    vectors[0].fill(7);
    await adding;
    const settled = await settle(store);
    expect(await settled.similaritySearch('the cat sleeps on the sofa', 1)).toEqual([
      withId(animals[0], 'a'),
    ]);
    expect((await settled.getByIds(['e']))[0].metadata).toEqual(animals[4].metadata);
  });

  it('does what is asked for at once in the order of asking', async () => {
    const store = await create(embeddings);
    const one = (pageContent: string) =>
      store.addDocuments([new Document({ pageContent })], { ids: ['x'] });
    const others = Array.from({ length: 30 }, (_, i) =>
      store.addDocuments([new Document({ pageContent: `number ${i}` })]),
    );
    await Promise.all([
      one('first'),
      store.delete({ ids: ['x'] }),
      one('second'),
      ...others,
      one('third'),
    ]);
    expect(contents(await store.getByIds(['x']))).toEqual(['third']);
    expect(await (await settle(store)).similaritySearch('number', 99)).toHaveLength(31);
  });

  it('refuses vectors, documents and ids that do not fit, and adds nothing then', async () => {
    const store = await filled();
    const [vector] = await embeddings.embedDocuments(['x']);
    const document = new Document({ pageContent: 'x' });
    const other = new Document({ pageContent: 'y' });
    const attempts: [Promise<unknown>, string][] = [
      [store.addVectors([vector], [document, other]), 'invalid-option'],
      [store.addVectors([vector, vector], [document]), 'invalid-option'],
      [store.addVectors([vector], [document], { ids: ['1', '2'] }), 'invalid-option'],
      [store.addDocuments([document, other], { ids: ['1'] }), 'invalid-option'],
      [store.addVectors([vector], [document], { ids: [7] }), 'invalid-option'],
      [store.addDocuments([document, other], { ids: ['1', '1'] }), 'duplicate-id'],
      [store.addVectors([[1, 2, 3]], [document]), 'dimension-mismatch'],
      [store.addVectors([vector, [1]], [document, other]), 'dimension-mismatch'],
      [store.addVectors([vector, vector.with(2, Number.NaN)], [document, other]), 'not-finite'],
      [store.addVectors([vector.with(0, Infinity)], [document]), 'not-finite'],
    ];
    await Promise.all(
      attempts.map(([attempt, code]) => expect(attempt).rejects.toMatchObject({ code })),
    );
    expect(await (await settle(store)).similaritySearch('x', 99)).toHaveLength(5);
  });

  it('takes the same document twice in one call, once', async () => {
    const store = await filled();
    const twice = [animals[0], animals[1], animals[0]];
    expect(await store.addDocuments(twice, { ids: ['x', 'y', 'x'] })).toEqual(['x', 'y', 'x']);
    expect(await (await settle(store)).similaritySearch('x', 99)).toHaveLength(7);
  });

  it('refuses queries and filters that make no sense', async () => {
    const store = await filled();
    const vector = await embeddings.embedQuery('x');
    const search = (query: number[], k: number, filter?: unknown) =>
      expect(store.similaritySearchVectorWithScore(query, k, filter as DocumentFilter)).rejects;
    await search([1, 2], 1).toMatchObject({ code: 'dimension-mismatch' });
    await search(vector.with(0, Number.NaN), 1).toMatchObject({ code: 'not-finite' });
    for (const k of [-1, 0.5, Number.NaN])
      await search(vector, k).toMatchObject({ code: 'invalid-option' });
    for (const filter of [
      { kind: { $unknown: 1 } },
      { $where: 'true' },
      { kind: { $where: 'true' } },
      { $or: [] },
      { $or: 3 },
      'kind',
      '',
      3,
      0,
      false,
      [],
      new Date(),
      async () => false,
      { kind: undefined },
      { kind: { $in: ['cat', undefined] } },
      { $and: [{ kind: 'cat' }, { age: { $gt: undefined } }] },
    ]) {
      await search(vector, 1, filter).toMatchObject({ code: 'invalid-option' });
      await expect(
        store.delete({ filter: filter as unknown as DocumentFilter }),
      ).rejects.toMatchObject({ code: 'invalid-option' });
    }
    await expect(store.delete({ filter: null as never })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    // Nothing to filter by, as retrievers say it.
    const all = await store.similaritySearchVectorWithScore(vector, 9, null as never);
    expect(all).toHaveLength(ids.length);
  });

  it('copes with texts that have no direction', async () => {
    const store = await filled();
    await store.addDocuments([new Document({ pageContent: '...' })], { ids: ['zero'] });
    const settled = await settle(store);
    expect(await settled.similaritySearch('cat', 99)).toHaveLength(6);
    const scores = (await settled.similaritySearchWithScore('!', 99)).map(([, score]) => score);
    expect(scores).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await settled.maxMarginalRelevanceSearch?.('!', { k: 6 }, undefined)).toHaveLength(6);
  });

  it('passes on what the embeddings throw, and adds nothing then', async () => {
    let fails = true;
    class Failing extends WordEmbeddings {
      override async embedDocuments(texts: string[]): Promise<number[][]> {
        if (fails) throw new Error('no connection');
        return super.embedDocuments(texts);
      }
    }
    const store = await create(new Failing());
    await expect(store.addDocuments(animals, { ids })).rejects.toThrow('no connection');
    fails = false;
    expect(await store.similaritySearch('cat', 9)).toEqual([]);
    await store.addDocuments(animals, { ids });
    expect(await store.similaritySearch('cat', 9)).toHaveLength(5);
  });
}
