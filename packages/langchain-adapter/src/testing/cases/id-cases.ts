import { Document } from '@langchain/core/documents';
import { expectSame } from '../expectations.ts';
import {
  bodyOf,
  contentsOf,
  contentsOfIds,
  filledStore,
  idsOf,
  sampleDocuments,
  sampleIds,
  sortedContentsOf,
} from '../sample-documents.ts';
import type { TestedStore } from '../tested-store.ts';
import type { Trial, VectorStoreCase } from '../vector-store-case.ts';

const ids: string[] = [...sampleIds];

export const idCases: readonly VectorStoreCase[] = [
  {
    subject: 'ids',
    name: 'are returned, made up where none are given',
    needs: ['returns-ids'],
    async run(trial) {
      const store = await trial.create();
      const made = (await store.addDocuments(sampleDocuments())) as string[];
      expectSame('different ids', new Set(made).size, 5);
      expectSame('types', [...new Set(made.map((id) => typeof id))], ['string']);
      expectSame('ids of no documents', await store.addDocuments([]), []);
      const vectors = await trial.embeddings.embedDocuments(['x']);
      const one = await store.addVectors(vectors, [new Document({ pageContent: 'x' })]);
      expectSame('ids of one vector', one?.length, 1);
    },
  },
  {
    subject: 'ids',
    name: 'can be given as an option',
    needs: ['option-ids'],
    async run(trial) {
      const store = await trial.create();
      const returned = await store.addDocuments(sampleDocuments(), { ids });
      if (trial.has('returns-ids')) expectSame('ids', returned, ids);
      const settled = await trial.settle(store);
      const found = await settled.similaritySearch('the cat hunts a mouse', 1);
      expectSame('ids of the closest', idsOf(found), ['c']);
    },
  },
  {
    subject: 'ids',
    name: 'can be those of the documents',
    needs: ['document-ids'],
    async run(trial) {
      const store = await trial.create();
      const documents = ['one', 'two'].map(
        (pageContent, i) => new Document({ pageContent, id: `number ${i}` }),
      );
      const returned = await store.addDocuments(documents);
      if (trial.has('returns-ids')) expectSame('ids', returned, ['number 0', 'number 1']);
      const settled = await trial.settle(store);
      expectSame('ids of the closest', idsOf(await settled.similaritySearch('two', 1)), [
        'number 1',
      ]);
    },
  },
  {
    subject: 'ids',
    name: 'are made up for those documents that have none',
    needs: ['document-ids', 'returns-ids', 'get-by-ids'],
    async run(trial) {
      const store = await trial.create();
      const documents = [
        new Document({ pageContent: 'one', id: '1' }),
        new Document({ pageContent: 'two' }),
      ];
      const returned = (await store.addDocuments(documents)) as string[];
      expectSame('the id that was given', returned[0], '1');
      const settled = await trial.settle(store);
      expectSame('texts', await textsById(settled, returned), ['one', 'two']);
    },
  },
  {
    subject: 'ids',
    name: 'name documents in the order asked for; unknown ones are left out',
    needs: ['option-ids', 'get-by-ids'],
    async run(trial) {
      const store = await filledStore(trial);
      const found = (await store.getByIds?.(['c', 'nobody', 'a'])) ?? [];
      expectSame('ids', idsOf(found), ['c', 'a']);
      const documents = sampleDocuments();
      const [first, , third] = documents as [Document, Document, Document];
      expectSame('documents', found.map(bodyOf), [third, first].map(bodyOf));
      expectSame('documents for no ids', await store.getByIds?.([]), []);
    },
  },
  {
    subject: 'ids',
    name: 'find nothing in an empty store',
    needs: ['get-by-ids'],
    async run(trial) {
      const store = await trial.settle(await trial.create());
      expectSame('documents', await store.getByIds?.(['a']), []);
    },
  },
  {
    subject: 'ids',
    name: 'make adding the same documents again change nothing',
    needs: ['upsert'],
    async run(trial) {
      const store = await filledStore(trial);
      const returned = await store.addDocuments(sampleDocuments(), { ids });
      if (trial.has('returns-ids')) expectSame('ids', returned, ids);
      const found = await (await trial.settle(store)).similaritySearch('cat', 99);
      expectSame('texts', sortedContentsOf(found), contentsOfIds(ids));
    },
  },
  {
    subject: 'ids',
    name: 'replace a document, its vector and its metadata',
    needs: ['upsert'],
    async run(trial) {
      const store = await filledStore(trial);
      const changed = new Document({
        pageContent: 'a goldfish swims',
        metadata: { kind: 'fish', age: 1 },
      });
      await store.addDocuments([changed], { ids: ['b'] });
      const settled = await trial.settle(store);
      const [closest] = await settled.similaritySearch('a goldfish swims', 1);
      expectSame('the closest', closest && bodyOf(closest), bodyOf(changed));
      const all = contentsOf(await settled.similaritySearch('a dog barks at the moon', 99));
      expectSame('documents', all.length, 5);
      expectSame('whether the old one is there', all.includes('a dog barks at the moon'), false);
      if (!trial.has('get-by-ids')) return;
      expectSame('texts by id', await textsById(settled, ['b']), ['a goldfish swims']);
    },
  },
  {
    subject: 'delete',
    name: 'removes by id, one, several and all',
    needs: ['delete-by-ids'],
    async run(trial) {
      const store = await filledStore(trial);
      await store.delete({ ids: ['c'] });
      expectSame('texts without c', await left(trial, store), contentsOfIds('abde'));
      if (trial.has('get-by-ids')) expectSame('c', await store.getByIds?.(['c']), []);
      await store.delete({ ids: ['a', 'e'] });
      expectSame('texts without a, c and e', await left(trial, store), contentsOfIds('bd'));
      await store.delete({ ids: ['b', 'd'] });
      expectSame('texts', await left(trial, store), []);
    },
  },
  {
    subject: 'delete',
    name: 'removes by the ids that adding returned',
    needs: ['delete-by-ids', 'returns-ids'],
    async run(trial) {
      const store = await trial.create();
      const made = (await store.addDocuments(sampleDocuments())) as string[];
      const settled = await trial.settle(store);
      await settled.delete({ ids: made.slice(2) });
      expectSame('texts', await left(trial, settled), contentsOfIds('ab'));
    },
  },
  {
    subject: 'delete',
    name: 'ignores ids that are not there',
    needs: ['delete-by-ids'],
    async run(trial) {
      const empty = await trial.create();
      await empty.delete({ ids: ['a'] });
      const store = await filledStore(trial);
      await store.delete({ ids: ['nobody', 'nor me'] });
      await store.delete({ ids: [] });
      expectSame('texts', await left(trial, store), contentsOfIds(ids));
    },
  },
  {
    subject: 'delete',
    name: 'makes room for the same ids again',
    needs: ['delete-by-ids'],
    async run(trial) {
      const store = await filledStore(trial);
      await store.delete({ ids });
      const [, second] = sampleDocuments() as [Document, Document];
      await store.addDocuments([second], { ids: ['b'] });
      expectSame('texts', await left(trial, store), contentsOfIds('b'));
      await store.delete({ ids: ['b'] });
      expectSame('texts', await left(trial, store), []);
    },
  },
];

async function textsById(store: TestedStore, wanted: string[]): Promise<string[]> {
  return contentsOf((await store.getByIds?.(wanted)) ?? []);
}

async function left(trial: Trial, store: TestedStore): Promise<string[]> {
  return sortedContentsOf(await (await trial.settle(store)).similaritySearch('cat', 99));
}
