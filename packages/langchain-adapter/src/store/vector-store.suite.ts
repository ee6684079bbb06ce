import { BitryoshkaError } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { describe, expect, it } from 'vitest';
import type { DocumentFilter } from '../filters/document-filter.ts';
import type { Refusal, TestedStore, VectorStoreTests } from '../testing/index.ts';
import { testVectorStore, WordEmbeddings } from '../testing/index.ts';
import type { BinaryVectorStore } from './binary-vector-store.ts';

export { WordEmbeddings };

/** What is asked of stores of ours, wherever their documents lie. */
type SuiteStore = Pick<
  BinaryVectorStore,
  | 'addDocuments'
  | 'addVectors'
  | 'delete'
  | 'getByIds'
  | 'similaritySearch'
  | 'similaritySearchWithScore'
  | 'similaritySearchVectorWithScore'
  | 'maxMarginalRelevanceSearch'
  | 'lc_namespace'
  | '_vectorstoreType'
> &
  Pick<TestedStore, 'asRetriever'>;

type Settle<Store> = (store: Store) => Promise<Store>;

/** The codes of errors that are not called as the reason is. */
const codeOf: Partial<Record<Refusal, string>> = {
  'count-mismatch': 'invalid-option',
  'invalid-id': 'invalid-option',
  'invalid-k': 'invalid-option',
};

const says: Pick<VectorStoreTests<SuiteStore>, 'capabilities' | 'checkRefusal'> = {
  capabilities: [
    'returns-ids',
    'option-ids',
    'document-ids',
    'upsert',
    'get-by-ids',
    'delete-by-ids',
    'delete-by-filter',
    'delete-all',
    'filter-function',
    'filter-fields',
    'filter-operators',
    'mmr',
    'cosine-scores',
    'copies',
    'ordered-changes',
    'zero-vectors',
    'refuses-misfits',
  ],
  checkRefusal(error, reason) {
    expect(BitryoshkaError.isInstance(error), String(error)).toBe(true);
    expect(error).toMatchObject({ code: codeOf[reason] ?? reason });
  },
};

/**
 * What stores of ours must do: what every vector store must, and what only ours say.
 *
 * @param create makes an empty store
 * @param options `reload`: saves a store and loads it again, where it can be saved; `settle`: is called with a store before it is
 *   searched, and returns the one to search; `isHybrid`: whether words have a say in the scores of texts;
 *   `isEstimating`: whether scores are estimates of cosines
 */
export function vectorStoreSuite<Store extends SuiteStore>(
  create: (embeddings: EmbeddingsInterface) => Promise<Store>,
  {
    reload,
    settle = async (store) => store,
    isHybrid = false,
    isEstimating = false,
  }: {
    reload?: Settle<Store>;
    settle?: Settle<Store>;
    isHybrid?: boolean;
    isEstimating?: boolean;
  },
): void {
  const hasCosines = !isHybrid && !isEstimating;
  const capabilities = says.capabilities.filter((name) => name !== 'cosine-scores' || hasCosines);
  // By their words as well.
  const knownFailures = isHybrid ? ['a search takes vectors for texts'] : [];
  const runner = { describe, it };
  testVectorStore({ ...says, capabilities, knownFailures, runner, create, settle, reload });

  const embeddings = new WordEmbeddings();
  const documents = [
    new Document({ pageContent: 'the cat sleeps on the sofa', metadata: { kind: 'cat', age: 3 } }),
    new Document({ pageContent: 'a dog barks at the moon', metadata: { kind: 'dog', age: 7 } }),
    new Document({ pageContent: 'the cat hunts a mouse', metadata: { kind: 'cat', age: 9 } }),
  ];
  const ids = ['a', 'b', 'c'];
  const idsOf = (found: readonly DocumentInterface[]) => found.map(({ id }) => id);

  async function filled(): Promise<Store> {
    const store = await create(embeddings);
    await store.addDocuments(documents, { ids });
    return settle(store);
  }

  it('puts on documents the ids that were given, those of the options first, and no others', async () => {
    const store = await create(embeddings);
    const own = [
      new Document({ pageContent: 'one', id: '1' }),
      new Document({ pageContent: 'two', id: '2' }),
      new Document({ pageContent: 'three' }),
    ];
    const made = await store.addDocuments(own, { ids: [undefined, 'zwei', undefined] });
    expect(made.slice(0, 2)).toEqual(['1', 'zwei']);
    const settled = await settle(store);
    expect(idsOf(await settled.getByIds([...made, '2', '']))).toEqual(['1', 'zwei', undefined]);
    expect(await settled.similaritySearch('three', 1)).toStrictEqual([own[2]]);
  });

  it('searches for variety among k documents at least', async () => {
    const options = { k: 3, lambda: 0.5, fetchK: 1 };
    expect(await (await filled()).maxMarginalRelevanceSearch('cat', options)).toHaveLength(3);
  });

  it('says where it belongs', async () => {
    const store = await create(embeddings);
    expect(store.lc_namespace).toEqual(['langchain', 'vectorstores', store._vectorstoreType()]);
  });

  it('refuses what is no document, and adds nothing', async () => {
    const store = await filled();
    const whole = { pageContent: 'whole', metadata: {} };
    for (const wrong of [{ text: 'x' }, 'text', null, { pageContent: 5 }, { pageContent: null }]) {
      const documents = [whole, wrong] as unknown as DocumentInterface[];
      await expect(store.addDocuments(documents)).rejects.toMatchObject({ code: 'invalid-option' });
    }
    const single = whole as unknown as DocumentInterface[];
    await expect(store.addDocuments(single)).rejects.toMatchObject({ code: 'invalid-option' });
    expect(await (await settle(store)).similaritySearch('cat', 9)).toHaveLength(3);
  });

  it('refuses to guess what to delete', async () => {
    const store = await filled();
    for (const options of [
      undefined,
      {},
      { ids: undefined },
      { ids: ['a'], deleteAll: true },
      { filter: {} },
      { filter: { kind: undefined } },
    ]) {
      await expect(store.delete(options)).rejects.toMatchObject({ code: 'invalid-option' });
    }
    expect(await (await settle(store)).similaritySearch('cat', 9)).toHaveLength(3);
  });

  it('refuses filters that make no sense, in searches and before anything is deleted', async () => {
    const store = await filled();
    const vector = await embeddings.embedQuery('x');
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
      const given = filter as unknown as DocumentFilter;
      const refusal = { code: 'invalid-option' };
      await expect(store.similaritySearchVectorWithScore(vector, 1, given)).rejects.toMatchObject(
        refusal,
      );
      await expect(store.delete({ filter: given })).rejects.toMatchObject(refusal);
    }
    await expect(store.delete({ filter: null as never })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    // Nothing to filter by, as retrievers say it.
    const all = await store.similaritySearchVectorWithScore(vector, 9, null as never);
    expect(all).toHaveLength(ids.length);
  });
}
