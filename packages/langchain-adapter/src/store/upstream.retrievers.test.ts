// What LangChain's own tests ask of its retrievers, over this store.
import { ConversationalRetrievalQAChain } from '@langchain/classic/chains';
import { BufferMemory } from '@langchain/classic/memory';
import { EnsembleRetriever } from '@langchain/classic/retrievers/ensemble';
import { MatryoshkaRetriever } from '@langchain/classic/retrievers/matryoshka_retriever';
import { ParentDocumentRetriever } from '@langchain/classic/retrievers/parent_document';
import { ScoreThresholdRetriever } from '@langchain/classic/retrievers/score_threshold';
import { InMemoryDocstore } from '@langchain/classic/stores/doc/in_memory';
import { Document } from '@langchain/core/documents';
import { InMemoryStore } from '@langchain/core/stores';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings(256);
const contents = (documents: readonly Pick<Document, 'pageContent'>[]) =>
  documents.map(({ pageContent }) => pageContent);
const splitter = (chunkSize: number) =>
  new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap: 0 });

describe('parent documents', () => {
  // Each sentence speaks of something else, three of them of the judge.
  const report = Array.from({ length: 60 }, (_, i) =>
    i % 20 === 7
      ? `In part ${i} the judge Ada Stone, who retires, is thanked for her service.`
      : `In part ${i} we hear of road${i}, of bridge${i} and of harvest${i} in county${i}.`,
  ).join(' ');
  const documents = () => [new Document({ pageContent: report })];
  const question = 'judge Ada Stone';

  it.each([
    ['a whole document that was added unsplit', () => new InMemoryStore<Document>()],
    ['the same from a docstore of the old kind', () => new InMemoryDocstore()],
  ])('are found: %s', async (_, createStore) => {
    const retriever = new ParentDocumentRetriever({
      vectorstore: new BinaryVectorStore(embeddings),
      docstore: createStore() as InMemoryStore<Document>,
      childSplitter: splitter(100),
    });
    await retriever.addDocuments(documents());
    const found = await retriever.invoke(question);
    expect(contents(found)).toEqual([report]);
  });

  it.each([
    ['parts', () => new InMemoryStore<Document>()],
    ['parts, from a docstore of the old kind', () => new InMemoryDocstore()],
  ])('are found: %s', async (_, createStore) => {
    const retriever = new ParentDocumentRetriever({
      vectorstore: new BinaryVectorStore(embeddings),
      docstore: createStore() as InMemoryStore<Document>,
      parentSplitter: splitter(500),
      childSplitter: splitter(50),
    });
    await retriever.addDocuments(documents());
    const found = await retriever.invoke(question);
    expect(found.length).toBeGreaterThan(1);
    expect(found[0].pageContent.length).toBeGreaterThan(100);
    expect(found[0].pageContent.length).toBeLessThanOrEqual(500);
    expect(found[0].pageContent).toContain('Ada Stone');
  });

  it('are found: one, by a retriever of its own', async () => {
    const vectorstore = new BinaryVectorStore(embeddings);
    const retriever = new ParentDocumentRetriever({
      vectorstore,
      docstore: new InMemoryStore<Document>(),
      childDocumentRetriever: ScoreThresholdRetriever.fromVectorStore(vectorstore, {
        minSimilarityScore: 0.01,
        maxK: 1,
      }),
      parentSplitter: splitter(500),
      childSplitter: splitter(50),
    });
    await retriever.addDocuments(documents());
    const found = await retriever.invoke(question);
    expect(found).toHaveLength(1);
    expect(found[0].pageContent).toContain('Ada Stone');
  });
});

describe('an ensemble', () => {
  const texts = [
    'houses are built of brick',
    'houses are built of wood',
    'houses are built of stone',
    'bikes are built of steel',
    'bikes are built of carbon',
    'yeast makes the dough rise',
    'yeast lives on sugar',
  ];
  // Fewer than there are texts.
  const create = (first: number) =>
    BinaryVectorStore.fromTexts(
      texts,
      [0, 1, 2, 3, 4].map((i) => ({ id: first + i })),
      embeddings,
    );

  it('answers a question', async () => {
    const retriever = new EnsembleRetriever({ retrievers: [(await create(1)).asRetriever()] });
    const [first] = await retriever.invoke('what makes yeast do');
    expect(first.pageContent).toContain('yeast');
    expect(first.metadata).toEqual({});
  });

  it.each([
    ['of several retrievers', {}],
    ['of weighted retrievers', { weights: [0.5, 0.9] }],
  ])('%s gives what they agree on once', async (_, options) => {
    const stores = await Promise.all([create(1), create(6)]);
    const retriever = new EnsembleRetriever({
      retrievers: stores.map((store) => store.asRetriever()),
      ...options,
    });
    const found = contents(await retriever.invoke('bikes'));
    expect(found.filter((text) => text.includes('bikes'))).toHaveLength(2);
  });
});

describe('a retriever that ranks by larger vectors', () => {
  const [small, large] = [new WordEmbeddings(64), new WordEmbeddings(768)];
  const create = (largeK: number) =>
    new MatryoshkaRetriever({
      vectorStore: new BinaryVectorStore(small),
      largeEmbeddingModel: large,
      largeK,
    });
  const documentsOf = (texts: readonly string[]) =>
    texts.map((pageContent, i) => new Document({ pageContent, metadata: { id: `${i}` } }));

  it('finds the few that matter among many', async () => {
    const relevant = [
      'a matryoshka is a doll',
      'a matryoshka holds a smaller matryoshka',
      'the matryoshka comes from Russia',
      'who paints a matryoshka',
      'my matryoshka',
    ];
    const retriever = create(5);
    const noise = Array.from({ length: 250 }, () => 'debts payments receipts ledgers');
    await retriever.addDocuments(documentsOf([...noise, ...relevant]));
    const found = await retriever.invoke('what is a matryoshka');
    expect(new Set(contents(found))).toEqual(new Set(relevant));
    expect(found).toHaveLength(5);
  });

  it('returns as many as it is told to', async () => {
    const retriever = create(10);
    await retriever.addDocuments(documentsOf(Array(10).fill('the same')));
    expect(await retriever.invoke('the same')).toHaveLength(10);
  });

  it('keeps the larger vectors in the metadata', async () => {
    const retriever = create(1);
    await retriever.addDocuments(documentsOf(['the same']));
    const [{ metadata }] = await retriever.invoke('the same');
    expect(metadata.id).toBe('0');
    expect(JSON.parse(metadata[retriever.largeEmbeddingKey])).toEqual(
      await large.embedQuery('the same'),
    );
  });
});

describe('a threshold', () => {
  /** What a text is about counts for more than the rest of it. */
  class TopicEmbeddings extends WordEmbeddings {
    override async embedDocuments(texts: string[]): Promise<number[][]> {
      const topics = ['houses', 'bikes'];
      const vectors = await super.embedDocuments(texts);
      return vectors.map((vector, i) => [
        ...vector.map((value) => value / 100),
        ...topics.map((topic) => (texts[i].includes(topic) ? 1 : 0)),
      ]);
    }

    override async embedQuery(text: string): Promise<number[]> {
      return (await this.embedDocuments([text]))[0];
    }
  }
  const texts = ['brick houses', 'wooden houses', 'stone houses', 'steel bikes', 'carbon bikes'];
  const ask = async (options: { kIncrement?: number; maxK?: number }) => {
    const store = await BinaryVectorStore.fromTexts(
      texts,
      texts.map((_, id) => ({ id })),
      new TopicEmbeddings(),
    );
    const chain = ConversationalRetrievalQAChain.fromLLM(
      new FakeListChatModel({ responses: ['of brick'] }),
      ScoreThresholdRetriever.fromVectorStore(store, { minSimilarityScore: 0.9, ...options }),
      {
        returnSourceDocuments: true,
        memory: new BufferMemory({
          memoryKey: 'chat_history',
          inputKey: 'question',
          outputKey: 'text',
        }),
      },
    );
    const { text, sourceDocuments } = await chain.invoke({ question: 'what are houses made of?' });
    expect(text).toBe('of brick');
    return (sourceDocuments as Document[]).map(({ metadata }) => metadata.id);
  };

  it('is asked again until all that is similar enough is there', async () => {
    const found = await ask({ kIncrement: 1 });
    expect([found.length, new Set(found)]).toEqual([3, new Set([0, 1, 2])]);
  });

  it('is met by as many as are wanted', async () => {
    expect(await ask({ maxK: 2 })).toHaveLength(2);
  });
});
