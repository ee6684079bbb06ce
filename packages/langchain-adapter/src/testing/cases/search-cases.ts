import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { expectClose, expectSame } from '../expectations.ts';
import {
  bodyOf,
  contentsOf,
  filledStore,
  idsOf,
  sampleDocuments,
  sampleIds,
  sortedContentsOf,
} from '../sample-documents.ts';
import type { VectorStoreCase } from '../vector-store-case.ts';

export const searchCases: readonly VectorStoreCase[] = [
  {
    subject: 'an empty store',
    name: 'finds nothing',
    needs: [],
    async run(trial) {
      const store = await trial.settle(await trial.create());
      expectSame('documents', await store.similaritySearch('cat', 3), []);
      expectSame('documents and scores', await store.similaritySearchWithScore('cat', 3), []);
    },
  },
  {
    subject: 'an empty store',
    name: 'takes no documents',
    needs: [],
    async run(trial) {
      const store = await trial.create();
      await store.addDocuments([]);
      await store.addVectors([], []);
      const settled = await trial.settle(store);
      expectSame('documents', await settled.similaritySearch('cat', 3), []);
    },
  },
  {
    subject: 'an empty store',
    name: 'knows nothing of the one before',
    needs: [],
    async run(trial) {
      await filledStore(trial);
      const store = await trial.create();
      await store.addDocuments([new Document({ pageContent: 'alone' })]);
      const found = await (await trial.settle(store)).similaritySearch('cat', 1);
      expectSame('texts', contentsOf(found), ['alone']);
    },
  },
  {
    subject: 'a search',
    name: 'returns the documents as they were given, the closest first',
    needs: [],
    async run(trial) {
      const store = await trial.create();
      await store.addDocuments(sampleDocuments());
      const settled = await trial.settle(store);
      const [first] = sampleDocuments() as [Document];
      const found = await settled.similaritySearch('the cat sleeps on the sofa', 1);
      expectSame('documents', found.map(bodyOf), [bodyOf(first)]);
      expectSame('texts', contentsOf(await settled.similaritySearch('dog barks', 2)), [
        'a dog barks at the moon',
        'my dog sleeps all day',
      ]);
    },
  },
  {
    subject: 'a search',
    name: 'finds documents that were added later',
    needs: [],
    async run(trial) {
      const store = await filledStore(trial);
      const later = new Document({
        pageContent: 'a goldfish swims',
        metadata: { kind: 'fish', age: 1 },
      });
      await store.addDocuments([later]);
      const settled = await trial.settle(store);
      const found = await settled.similaritySearch('a goldfish swims', 6);
      expectSame('the first', found.slice(0, 1).map(bodyOf), [bodyOf(later)]);
      expectSame('documents in all', found.length, 6);
    },
  },
  {
    subject: 'a search',
    name: 'takes vectors for texts',
    needs: [],
    async run(trial) {
      const { embeddings } = trial;
      const texts = contentsOf(sampleDocuments());
      const store = await trial.create();
      await store.addVectors(await embeddings.embedDocuments(texts), sampleDocuments());
      const settled = await trial.settle(store);
      const query = await embeddings.embedQuery('dog barks');
      expectSame(
        'documents and scores',
        (await settled.similaritySearchVectorWithScore(query, 3)).map(withBody),
        (await settled.similaritySearchWithScore('dog barks', 3)).map(withBody),
      );
    },
  },
  {
    subject: 'a search',
    name: 'gives the best score first',
    needs: [],
    async run(trial) {
      const store = await filledStore(trial);
      const found = await store.similaritySearchWithScore('a dog barks at the moon', 5);
      const scores = found.map(([, score]) => score);
      const sign = trial.scores === 'similarity' ? -1 : 1;
      expectSame(
        `scores, ${trial.scores === 'similarity' ? 'highest' : 'lowest'} first,`,
        scores,
        [...scores].sort((a, b) => sign * (a - b)),
      );
      expectSame(
        'whether the best score differs from the worst',
        scores[0] === scores.at(-1),
        false,
      );
      expectSame(
        'texts',
        contentsOf(found.map(([document]) => document)),
        contentsOf(await store.similaritySearch('a dog barks at the moon', 5)),
      );
    },
  },
  {
    subject: 'a search',
    name: 'scores by cosine',
    needs: ['cosine-scores'],
    async run(trial) {
      const { embeddings, scores } = trial;
      const store = await filledStore(trial);
      const asked = 'a dog barks at the moon';
      const query = await embeddings.embedQuery(asked);
      const found = await store.similaritySearchWithScore(asked, 5);
      expectSame('documents', found.length, 5);
      for (const [{ pageContent }, score] of found) {
        const similarity = cosine(query, await embeddings.embedQuery(pageContent));
        expectClose(
          `score of "${pageContent}"`,
          score,
          scores === 'similarity' ? similarity : 1 - similarity,
        );
      }
    },
  },
  {
    subject: 'a search',
    name: 'returns four by default',
    needs: [],
    async run(trial) {
      const store = await filledStore(trial);
      expectSame('documents', (await store.similaritySearch('cat')).length, 4);
    },
  },
  {
    subject: 'a search',
    name: 'returns none for k = 0',
    needs: [],
    async run(trial) {
      expectSame('documents', await (await filledStore(trial)).similaritySearch('cat', 0), []);
    },
  },
  {
    subject: 'a search',
    name: 'returns all when k is larger',
    needs: [],
    async run(trial) {
      const store = await filledStore(trial);
      expectSame(
        'texts',
        sortedContentsOf(await store.similaritySearch('cat', 1000)),
        sortedContentsOf(sampleDocuments()),
      );
    },
  },
  {
    subject: 'a search',
    name: 'finds texts whose vectors have no direction',
    needs: ['zero-vectors'],
    async run(trial) {
      const store = await filledStore(trial);
      await store.addDocuments([
        new Document({ pageContent: '...', metadata: { kind: 'none', age: 0 } }),
      ]);
      const settled = await trial.settle(store);
      expectSame('documents', (await settled.similaritySearch('cat', 99)).length, 6);
      const scores = (await settled.similaritySearchWithScore('!', 99)).map(([, score]) => score);
      expectSame('scores', scores, Array(6).fill(trial.scores === 'similarity' ? 0 : 1));
      if (!trial.has('mmr')) return;
      const varied = await settled.maxMarginalRelevanceSearch?.('!', { k: 6 }, undefined);
      expectSame('documents of a search for variety', varied?.length, 6);
    },
  },
  {
    subject: 'a search for variety',
    name: 'finds nothing in an empty store',
    needs: ['mmr'],
    async run(trial) {
      const store = await trial.settle(await trial.create());
      const found = await store.maxMarginalRelevanceSearch?.('cat', { k: 2 }, undefined);
      expectSame('documents', found, []);
    },
  },
  {
    subject: 'a search for variety',
    name: 'chooses close documents that differ',
    needs: ['mmr'],
    async run(trial) {
      const store = await trial.create();
      const texts = ['red apple pie', 'red apple pie', 'red apple tart', 'green pear pie', 'x y z'];
      await store.addDocuments(texts.map((pageContent) => new Document({ pageContent })));
      const settled = await trial.settle(store);
      const search = async (options: { k: number; lambda: number; fetchK?: number }) =>
        contentsOf(
          (await settled.maxMarginalRelevanceSearch?.('red apple pie', options, undefined)) ?? [],
        );
      const twice = ['red apple pie', 'red apple pie'];
      expectSame('texts for closeness only', await search({ k: 2, lambda: 1 }), twice);
      const varied = await search({ k: 3, lambda: 0.3 });
      expectSame('the first', varied[0], 'red apple pie');
      expectSame('different texts', new Set(varied).size, 3);
      expectSame('texts of two fetched', await search({ k: 2, lambda: 0, fetchK: 2 }), twice);
      expectSame('all texts', (await search({ k: 50, lambda: 0.5 })).length, 5);
      expectSame('texts for k = 0', await search({ k: 0, lambda: 0.5 }), []);
    },
  },
  {
    subject: 'a retriever',
    name: 'returns what a search returns',
    needs: [],
    async run(trial) {
      const store = await filledStore(trial);
      expectSame(
        'documents',
        (await store.asRetriever(2).invoke('dog')).map(bodyOf),
        (await store.similaritySearch('dog', 2)).map(bodyOf),
      );
      expectSame('by default', (await store.asRetriever().invoke('dog')).length, 4);
    },
  },
  {
    subject: 'a retriever',
    name: 'adds documents',
    needs: [],
    async run(trial) {
      const store = await trial.create();
      await store.asRetriever(1).addDocuments(sampleDocuments());
      const found = await (await trial.settle(store)).asRetriever(1).invoke('parrots');
      expectSame('texts', contentsOf(found), ['parrots repeat every word']);
    },
  },
  {
    subject: 'a retriever',
    name: 'is tagged with the kind of the store',
    needs: [],
    async run(trial) {
      const store = await trial.create();
      const { tags = [] } = store.asRetriever();
      expectSame('whether it is', tags.includes(store._vectorstoreType()), true);
    },
  },
  {
    subject: 'a retriever',
    name: 'searches for variety',
    needs: ['mmr'],
    async run(trial) {
      const retriever = (await filledStore(trial)).asRetriever({
        k: 2,
        searchType: 'mmr',
        searchKwargs: { fetchK: 4, lambda: 0.1 },
      });
      const found = await retriever.invoke('my dog sleeps all day');
      expectSame('documents', found.length, 2);
      expectSame('the first', contentsOf(found)[0], 'my dog sleeps all day');
    },
  },
  {
    subject: 'a store that was saved and loaded',
    name: 'finds the same, and goes on',
    needs: ['reload'],
    async run(trial) {
      const store = await filledStore(trial);
      const find = async (from: typeof store) =>
        (await from.similaritySearchWithScore('a dog sleeps', 5)).map(withBody);
      const before = await find(store);
      const loaded = await trial.reload(store);
      expectSame('documents and scores', await find(loaded), before);
      if (trial.has('option-ids')) {
        expectSame(
          'ids',
          new Set(idsOf(await loaded.similaritySearch('x', 5))).size,
          sampleIds.length,
        );
      }
      await loaded.addDocuments([
        new Document({ pageContent: 'a goldfish swims', metadata: { kind: 'fish', age: 1 } }),
      ]);
      const again = await trial.reload(loaded);
      expectSame('texts', contentsOf(await again.similaritySearch('a goldfish swims', 1)), [
        'a goldfish swims',
      ]);
    },
  },
];

function withBody([document, score]: [DocumentInterface, number]): [object, number] {
  return [bodyOf(document), score];
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, j) => sum + value * (b[j] as number), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
