import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { expectSame } from '../expectations.ts';
import {
  contentsOf,
  contentsOfIds,
  filledStore,
  sampleDocuments,
  sortedContentsOf,
} from '../sample-documents.ts';
import type { Capability, VectorStoreCase } from '../vector-store-case.ts';

type FilterKind = Extract<Capability, `filter-${string}`>;

/** By kind: what the filter is, the filter, and the ids of the sample documents that it lets through. */
const filters: Record<FilterKind, readonly [what: string, filter: unknown, ids: string][]> = {
  'filter-function': [
    ['a function of metadata', ({ metadata }: DocumentInterface) => metadata.kind === 'dog', 'be'],
    [
      'a function of the text',
      ({ pageContent }: DocumentInterface) => pageContent.includes('sleeps'),
      'ae',
    ],
    ['a function that lets nothing through', () => false, ''],
  ],
  'filter-fields': [
    ['a value', { kind: 'cat' }, 'ac'],
    ['several values', { kind: 'cat', age: 9 }, 'c'],
    ['a value that no document has', { kind: 'fish' }, ''],
  ],
  'filter-operators': [
    ['a comparison', { age: { $gt: 8 } }, 'cde'],
    ['several conditions', { kind: 'dog', age: { $lt: 10 } }, 'b'],
    ['alternatives', { $or: [{ kind: { $eq: 'bird' } }, { age: { $eq: 3 } }] }, 'ad'],
    ['a conjunction', { $and: [{ kind: 'cat' }, { age: { $ne: 3 } }] }, 'c'],
    ['a list', { kind: { $in: ['bird', 'dog'] } }, 'bde'],
    ['all but a list', { kind: { $nin: ['bird', 'dog'] } }, 'ac'],
    ['existence', { owner: { $exists: true } }, ''],
  ],
};

const filterKinds: readonly [FilterKind, string][] = [
  ['filter-function', 'a function'],
  ['filter-fields', 'a list of values'],
  ['filter-operators', 'a condition'],
];

const filterForDogs: Record<FilterKind, unknown> = {
  'filter-function': ({ metadata }: DocumentInterface) => metadata.kind === 'dog',
  'filter-fields': { kind: 'dog' },
  'filter-operators': { kind: { $in: ['dog'] } },
};

export const filterCases: readonly VectorStoreCase[] = [
  ...Object.entries(filters).flatMap(([kind, cases]) =>
    cases.map(
      ([what, filter, ids]): VectorStoreCase => ({
        subject: 'a filter',
        name: `can be ${what}`,
        needs: [kind as FilterKind],
        async run(trial) {
          const store = await filledStore(trial);
          const found = await store.similaritySearch('cat', 5, filter);
          expectSame('texts', sortedContentsOf(found), contentsOfIds(ids));
        },
      }),
    ),
  ),
  {
    subject: 'a filter',
    name: 'without conditions lets everything through',
    needs: ['filter-fields'],
    async run(trial) {
      const store = await filledStore(trial);
      expectSame('documents', (await store.similaritySearch('cat', 5, {})).length, 5);
      // Or the store may not look at filters at all.
      const cats = await store.similaritySearch('cat', 5, { kind: 'cat' });
      expectSame('documents with one', cats.length, 2);
    },
  },
  {
    subject: 'a filter',
    name: 'can be a path, or ask for an element of a list',
    needs: ['filter-operators'],
    async run(trial) {
      const store = await filledStore(trial);
      const metadata = { kind: 'dog', age: 1, owner: { name: 'Ada' }, tags: ['lazy', 'old'] };
      await store.addDocuments([new Document({ pageContent: 'a dog of Ada', metadata })]);
      const settled = await trial.settle(store);
      for (const filter of [{ 'owner.name': 'Ada' }, { tags: 'old' }]) {
        const found = await settled.similaritySearch('cat', 9, filter);
        expectSame(`texts for ${JSON.stringify(filter)}`, contentsOf(found), ['a dog of Ada']);
      }
    },
  },
  ...filterKinds.map(
    ([kind, what]): VectorStoreCase => ({
      subject: 'a filter',
      name: `that is ${what} counts before the closest are chosen`,
      needs: [kind],
      async run(trial) {
        const store = await filledStore(trial);
        const filter = filterForDogs[kind];
        // No dog is among the closest: a filter that came after the search would find nothing.
        const found = await store.similaritySearch('parrots repeat every word', 1, filter);
        expectSame('documents', found.length, 1);
        const both = await store.similaritySearch('parrots repeat every word', 2, filter);
        expectSame('texts', sortedContentsOf(both), contentsOfIds('be'));
        const retriever = store.asRetriever({ k: 4, filter });
        const retrieved = await retriever.invoke('parrots repeat every word');
        expectSame('texts of a retriever', sortedContentsOf(retrieved), contentsOfIds('be'));
        if (!trial.has('mmr')) return;
        const varied = store.asRetriever({
          k: 2,
          searchType: 'mmr',
          searchKwargs: { fetchK: 4, lambda: 0.1 },
          filter,
        });
        expectSame(
          'texts of a search for variety',
          sortedContentsOf(await varied.invoke('cat')),
          contentsOfIds('be'),
        );
      },
    }),
  ),
  {
    subject: 'delete',
    name: 'removes by filter',
    needs: ['delete-by-filter'],
    async run(trial) {
      const accepted = filterKinds.filter(([kind]) => trial.has(kind));
      expectSame('whether the store takes filters', accepted.length > 0, true);
      for (const [kind] of accepted) {
        const store = await filledStore(trial);
        await store.delete({ filter: filterForDogs[kind] });
        const left = await (await trial.settle(store)).similaritySearch('cat', 99);
        expectSame('texts that are left', sortedContentsOf(left), contentsOfIds('acd'));
      }
    },
  },
  {
    subject: 'delete',
    name: 'removes everything when told so, and takes documents again',
    needs: ['delete-all'],
    async run(trial) {
      const store = await filledStore(trial);
      await store.delete({ deleteAll: true });
      const emptied = await trial.settle(store);
      expectSame('documents', await emptied.similaritySearch('cat', 99), []);
      await emptied.addDocuments(sampleDocuments().slice(0, 2));
      const left = await (await trial.settle(emptied)).similaritySearch('cat', 99);
      expectSame('texts', sortedContentsOf(left), contentsOfIds('ab'));
    },
  },
];
