import { Document } from '@langchain/core/documents';
import { expectFailure, expectSame } from '../expectations.ts';
import {
  bodyOf,
  contentsOf,
  contentsOfIds,
  filledStore,
  sampleDocuments,
  sampleIds,
  sortedContentsOf,
} from '../sample-documents.ts';
import type { Refusal, VectorStoreCase } from '../vector-store-case.ts';
import { WordEmbeddings } from '../word-embeddings.ts';

const nested = (): Document =>
  new Document({
    pageContent: 'my dog sleeps all day',
    metadata: { kind: 'dog', owner: { name: 'Ada' }, tags: ['lazy', 'old'] },
  });

export const safetyCases: readonly VectorStoreCase[] = [
  {
    subject: 'adding',
    name: 'changes none of its inputs',
    needs: [],
    async run(trial) {
      const store = await trial.create();
      const documents = sampleDocuments();
      await store.addDocuments(documents);
      expectSame('documents', documents.map(plain), sampleDocuments().map(plain));
      const vectors = await trial.embeddings.embedDocuments(contentsOf(documents));
      const before = structuredClone(vectors);
      await (await trial.create()).addVectors(vectors, documents);
      expectSame('vectors', vectors, before);
      expectSame('documents', documents.map(plain), sampleDocuments().map(plain));
    },
  },
  {
    subject: 'adding',
    name: 'passes on what the embeddings throw, and adds nothing then',
    needs: [],
    async run(trial) {
      const embeddings = new FailingEmbeddings();
      const store = await trial.create(embeddings);
      const error = await expectFailure('adding', () => store.addDocuments(sampleDocuments()));
      expectSame('message', String(error).includes(embeddings.message), true);
      embeddings.fails = false;
      await store.addDocuments(sampleDocuments().slice(0, 2));
      const found = await (await trial.settle(store)).similaritySearch('cat', 9);
      expectSame('texts', sortedContentsOf(found), contentsOfIds('ab'));
    },
  },
  {
    subject: 'adding',
    name: 'does not notice when its inputs change later',
    needs: ['copies'],
    async run(trial) {
      const document = nested();
      const vectors = await trial.embeddings.embedDocuments([document.pageContent]);
      const store = await trial.create();
      const adding = store.addVectors(vectors, [document]);
      document.metadata.tags.push('changed');
      document.metadata.owner.name = 'changed';
      vectors[0]?.fill(7);
      await adding;
      document.pageContent = 'changed';
      const settled = await trial.settle(store);
      const [found] = await settled.similaritySearchWithScore(nested().pageContent, 1);
      expectSame('document', found && bodyOf(found[0]), bodyOf(nested()));
      const [again] = await settled.similaritySearchWithScore(nested().pageContent, 1);
      expectSame('score', again?.[1], found?.[1]);
    },
  },
  {
    subject: 'a search',
    name: 'returns documents that the caller may change',
    needs: ['copies'],
    async run(trial) {
      const store = await trial.create();
      await store.addDocuments([nested()]);
      const settled = await trial.settle(store);
      const [first] = await settled.similaritySearch('dog', 1);
      if (first) {
        first.pageContent = 'changed';
        first.metadata.tags.push('changed');
        first.metadata.owner.name = 'changed';
      }
      const [again] = await settled.similaritySearch('dog', 1);
      expectSame('document', again && bodyOf(again), bodyOf(nested()));
    },
  },
  {
    subject: 'changes',
    name: 'that are begun at once are made in the order of asking',
    needs: ['ordered-changes', 'upsert', 'delete-by-ids'],
    async run(trial) {
      const store = await trial.create();
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
      const found = contentsOf(await (await trial.settle(store)).similaritySearch('third', 99));
      expectSame('documents', found.length, 31);
      expectSame('the closest', found[0], 'third');
    },
  },
  {
    subject: 'adding',
    name: 'refuses vectors, documents and ids that do not fit, and adds nothing then',
    needs: ['refuses-misfits'],
    async run(trial) {
      const store = await filledStore(trial);
      const [vector = []] = await trial.embeddings.embedDocuments(['x']);
      const withValue = (value: number) => vector.map((kept, j) => (j === 2 ? value : kept));
      const document = new Document({ pageContent: 'x' });
      const other = new Document({ pageContent: 'y' });
      const attempts: [Refusal, () => unknown][] = [
        ['count-mismatch', () => store.addVectors([vector], [document, other])],
        ['count-mismatch', () => store.addVectors([vector, vector], [document])],
        ['count-mismatch', () => store.addVectors([vector], [document], { ids: ['1', '2'] })],
        ['count-mismatch', () => store.addDocuments([document, other], { ids: ['1'] })],
        ['invalid-id', () => store.addDocuments([document], { ids: [{} as unknown as string] })],
        ['duplicate-id', () => store.addDocuments([document, other], { ids: ['1', '1'] })],
        ['dimension-mismatch', () => store.addVectors([[1, 2, 3]], [document])],
        ['dimension-mismatch', () => store.addVectors([vector, [1]], [document, other])],
        ['not-finite', () => store.addVectors([vector, withValue(NaN)], [document, other])],
        ['not-finite', () => store.addVectors([withValue(Infinity)], [document])],
      ];
      for (const [reason, attempt] of attempts) await trial.expectRefusal(attempt, reason);
      const left = await (await trial.settle(store)).similaritySearch('x', 99);
      expectSame('texts', sortedContentsOf(left), contentsOfIds(sampleIds));
    },
  },
  {
    subject: 'adding',
    name: 'takes the same document twice in one call, once',
    needs: ['upsert'],
    async run(trial) {
      const store = await trial.create();
      const [first, second] = sampleDocuments() as [Document, Document];
      await store.addDocuments([first, second, first], { ids: ['x', 'y', 'x'] });
      const found = await (await trial.settle(store)).similaritySearch('x', 99);
      expectSame('texts', sortedContentsOf(found), contentsOfIds('ab'));
    },
  },
  {
    subject: 'a search',
    name: 'refuses queries that do not fit, and impossible numbers of documents',
    needs: ['refuses-misfits'],
    async run(trial) {
      const store = await filledStore(trial);
      const vector = await trial.embeddings.embedQuery('x');
      const search = (query: number[], k: number) => () =>
        store.similaritySearchVectorWithScore(query, k);
      await trial.expectRefusal(search([1, 2], 1), 'dimension-mismatch');
      await trial.expectRefusal(search([NaN, ...vector.slice(1)], 1), 'not-finite');
      for (const k of [-1, 0.5, NaN]) await trial.expectRefusal(search(vector, k), 'invalid-k');
    },
  },
];

class FailingEmbeddings extends WordEmbeddings {
  fails = true;
  readonly message = 'no connection';

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    if (this.fails) throw new Error(this.message);
    return super.embedDocuments(texts);
  }
}

function plain({ pageContent, metadata, id }: Document): object {
  return { pageContent, metadata, id };
}
