import { ContextualCompressionRetriever } from '@langchain/classic/retrievers/contextual_compression';
import { EmbeddingsFilter } from '@langchain/classic/retrievers/document_compressors/embeddings_filter';
import { EnsembleRetriever } from '@langchain/classic/retrievers/ensemble';
import { MultiQueryRetriever } from '@langchain/classic/retrievers/multi_query';
import { ParentDocumentRetriever } from '@langchain/classic/retrievers/parent_document';
import { Document } from '@langchain/core/documents';
import { InMemoryStore } from '@langchain/core/stores';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings();
const texts = [
  'the red apple grows on a tree',
  'the red apple grows on a tall tree',
  'a green pear falls from the tree',
  'the blue whale swims in the sea',
  'a grey dolphin swims in the warm sea',
  'snow falls on the cold mountain',
];

/** Searched exactly, and by codes. */
describe.each([
  ['exact', { index: 'exact' }],
  ['codes', { index: 'scan', quantizer: { kind: 'sign', bits: 4 } }],
] as const)('retrievers of LangChain, %s', (_name, options) => {
  const create = () => BinaryVectorStore.fromTexts(texts, [], embeddings, options);

  it('ParentDocumentRetriever gives the whole documents', async () => {
    const store = new BinaryVectorStore(embeddings, options);
    const retriever = new ParentDocumentRetriever({
      vectorstore: store,
      docstore: new InMemoryStore<Document>(),
      childSplitter: new RecursiveCharacterTextSplitter({ chunkSize: 40, chunkOverlap: 0 }),
      childK: 2,
      parentK: 1,
    });
    const parents = [texts.slice(0, 3), texts.slice(3)].map(
      (lines) => new Document({ pageContent: lines.join('\n') }),
    );
    await retriever.addDocuments(parents);
    expect(store.stats().count).toBe(6);
    const found = await retriever.invoke('whale in the sea');
    expect(found.map(({ pageContent }) => pageContent)).toEqual([parents[1].pageContent]);
  });

  it('EnsembleRetriever fuses the rankings of two stores', async () => {
    const other = await BinaryVectorStore.fromTexts(
      ['the whale museum', texts[3], 'a tax form'],
      [],
      embeddings,
    );
    const retriever = new EnsembleRetriever({
      retrievers: [(await create()).asRetriever(3), other.asRetriever(3)],
    });
    const found = await retriever.invoke('the blue whale');
    // The only text that both find.
    expect(found[0].pageContent).toBe(texts[3]);
    expect(new Set(found.map(({ pageContent }) => pageContent)).size).toBe(found.length);
  });

  it('MultiQueryRetriever asks each question and gives every document once', async () => {
    const retriever = MultiQueryRetriever.fromLLM({
      llm: new FakeListChatModel({
        responses: ['<questions>\nblue whale\ncold snow\n</questions>'],
      }),
      retriever: (await create()).asRetriever(1),
      queryCount: 2,
    });
    const found = await retriever.invoke('what is there');
    const contents = found.map(({ pageContent }) => pageContent);
    expect(contents).toEqual(expect.arrayContaining([texts[3], texts[5]]));
    expect(new Set(contents).size).toBe(contents.length);
  });

  it('ContextualCompressionRetriever drops what is not close enough', async () => {
    const retriever = new ContextualCompressionRetriever({
      baseCompressor: new EmbeddingsFilter({ embeddings, similarityThreshold: 0.6, k: 6 }),
      baseRetriever: (await create()).asRetriever(6),
    });
    const found = await retriever.invoke('the blue whale swims');
    expect(found[0].pageContent).toBe(texts[3]);
    expect(found.length).toBeLessThan(6);
  });

  it('asRetriever chooses by maximal marginal relevance', async () => {
    const store = await create();
    const query = 'red apple tree';
    const nearest = await store.asRetriever(2).invoke(query);
    expect(new Set(nearest.map(({ pageContent }) => pageContent))).toEqual(
      new Set(texts.slice(0, 2)),
    );
    const varied = await store
      .asRetriever({ k: 2, searchType: 'mmr', searchKwargs: { fetchK: 6, lambda: 0.2 } })
      .invoke(query);
    // Not both of two texts that say the same.
    expect(varied[0].pageContent).toBe(nearest[0].pageContent);
    expect(texts.slice(0, 2)).not.toContain(varied[1].pageContent);
  });
});
