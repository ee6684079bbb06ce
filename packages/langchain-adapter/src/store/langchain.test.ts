import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { SemanticSimilarityExampleSelector } from '@langchain/core/example_selectors';
import type { RecordManagerInterface } from '@langchain/core/indexing';
import { index } from '@langchain/core/indexing';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings();

describe('index()', () => {
  const run = async (
    documents: Document[],
    cleanup: 'full' | 'incremental',
    { store, records }: { store: BinaryVectorStore; records: RecordManagerInterface },
  ) =>
    index({
      docsSource: documents,
      recordManager: records,
      vectorStore: store,
      options: { cleanup, sourceIdKey: 'source' },
    });
  const page = (pageContent: string, source: string) =>
    new Document({ pageContent, metadata: { source } });
  const create = () => ({ store: new BinaryVectorStore(embeddings), records: new Records() });

  it('adds documents once, and removes those that are gone', async () => {
    const target = create();
    const pages = [page('one', '1'), page('two', '2'), page('two', '2')];
    expect(await run(pages, 'full', target)).toMatchObject({ numAdded: 2, numDeleted: 0 });
    expect(await run(pages, 'full', target)).toMatchObject({ numAdded: 0, numSkipped: 2 });
    expect(target.store.stats().count).toBe(2);
    expect(await run([page('three', '3')], 'full', target)).toMatchObject({
      numAdded: 1,
      numDeleted: 2,
    });
    const found = await target.store.similaritySearch('one', 9);
    expect(found.map(({ pageContent }) => pageContent)).toEqual(['three']);
  });

  it('replaces what a source has changed', async () => {
    const target = create();
    await run([page('one', '1'), page('two', '2')], 'incremental', target);
    expect(await run([page('one more', '1')], 'incremental', target)).toMatchObject({
      numAdded: 1,
      numDeleted: 1,
    });
    const found = await target.store.similaritySearch('one', 9);
    expect(found.map(({ pageContent }) => pageContent)).toEqual(['one more', 'two']);
  });
});

it('SemanticSimilarityExampleSelector chooses examples', async () => {
  const examples = [
    { input: 'happy day', output: 'sad day' },
    { input: 'tall tree', output: 'short tree' },
    { input: 'warm soup', output: 'cold soup' },
  ];
  const selector = await SemanticSimilarityExampleSelector.fromExamples(
    examples,
    embeddings,
    BinaryVectorStore,
    { k: 1, inputKeys: ['input'], index: 'scan' },
  );
  expect(await selector.selectExamples({ input: 'tree' })).toEqual([examples[1]]);
  await selector.addExample({ input: 'old tree house', output: 'new tree house' });
  expect(await selector.selectExamples({ input: 'old house' })).toMatchObject([
    { output: 'new tree house' },
  ]);
});

it('a retriever is a step of a chain', async () => {
  const store = await BinaryVectorStore.fromTexts(
    ['the sky is blue', 'grass is green', 'snow is white'],
    [],
    embeddings,
  );
  const chain = RunnableSequence.from([
    {
      context: store
        .asRetriever(1)
        .pipe((found: DocumentInterface[]) => found.map(({ pageContent }) => pageContent).join()),
      question: new RunnablePassthrough<string>(),
    },
    ChatPromptTemplate.fromTemplate('{context} | {question}'),
  ]);
  const prompt = await chain.invoke('which color has the sky');
  expect(prompt.toChatMessages()[0].content).toBe('the sky is blue | which color has the sky');
});

/** The least that `index` needs, with a clock that never stands still. */
class Records implements RecordManagerInterface {
  readonly #records: Map<string, { time: number; group: string | null }> = new Map();
  #time = 0;

  async createSchema(): Promise<void> {}

  async getTime(): Promise<number> {
    return ++this.#time;
  }

  async update(keys: string[], { groupIds }: { groupIds?: (string | null)[] }): Promise<void> {
    for (const [i, key] of keys.entries()) {
      this.#records.set(key, { time: ++this.#time, group: groupIds?.[i] ?? null });
    }
  }

  async exists(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#records.has(key));
  }

  async listKeys({
    before = Infinity,
    groupIds,
  }: {
    before?: number;
    groupIds?: (string | null)[];
  }): Promise<string[]> {
    return [...this.#records]
      .filter(([, { time, group }]) => time < before && (groupIds?.includes(group) ?? true))
      .map(([key]) => key);
  }

  async deleteKeys(keys: string[]): Promise<void> {
    for (const key of keys) this.#records.delete(key);
  }
}
