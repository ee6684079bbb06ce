import { VectorStoreRetrieverMemory } from '@langchain/classic/memory';
import { MultiVectorRetriever } from '@langchain/classic/retrievers/multi_vector';
import { createRetrieverTool } from '@langchain/classic/tools/retriever';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { SemanticSimilarityExampleSelector } from '@langchain/core/example_selectors';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { InMemoryStore } from '@langchain/core/stores';
import type { ClientTool } from '@langchain/core/tools';
import { createAgent, FakeToolCallingModel } from 'langchain';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const embeddings = new WordEmbeddings();

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

const facts = [
  new Document({ pageContent: 'the sky is blue', metadata: { about: 'sky' } }),
  new Document({ pageContent: 'grass is green', metadata: { about: 'grass' } }),
  new Document({ pageContent: 'snow is white', metadata: { about: 'snow' } }),
];
const toolOf = async () => {
  const store = await BinaryVectorStore.fromDocuments(facts, embeddings);
  return createRetrieverTool(store.asRetriever(1), {
    name: 'look_up',
    description: 'Finds what is known of a thing.',
  });
};

it('createRetrieverTool makes a tool of a retriever', async () => {
  const tool = await toolOf();
  expect(await tool.invoke({ query: 'which color has the sky' })).toBe('the sky is blue');
  expect(tool.name).toBe('look_up');
});

it('an agent calls it and goes on with what it says', async () => {
  const call = {
    name: 'look_up',
    args: { query: 'grass' },
    id: 'call-1',
    type: 'tool_call',
  } as const;
  const agent = createAgent({
    model: new FakeToolCallingModel({ toolCalls: [[call], []] }),
    // A tool by any name but that of its type, where optional properties are taken exactly.
    tools: [(await toolOf()) as ClientTool],
  });
  const { messages } = await agent.invoke({
    messages: [{ role: 'user', content: 'Which color has grass?' }],
  });
  const kinds = messages.map((message) => message.getType());
  expect(kinds).toEqual(['human', 'ai', 'tool', 'ai']);
  expect(messages[2]?.content).toBe('grass is green');
  // The model of this test repeats what it was told.
  expect(messages[3]?.content).toContain('grass is green');
});

it('a retriever is a tool of an agent by itself, and shows documents with their metadata', async () => {
  const store = await BinaryVectorStore.fromDocuments(facts, embeddings);
  const about = { name: 'notes', description: 'Searches my notes.', schema: z.string() };
  const tool = store.asRetriever(1).asTool(about);
  const call = {
    name: 'notes',
    args: { input: 'grass' },
    id: 'call-1',
    type: 'tool_call',
  } as const;
  const agent = createAgent({
    model: new FakeToolCallingModel({ toolCalls: [[call], []] }),
    tools: [tool as ClientTool],
  });
  const { messages } = await agent.invoke({
    messages: [{ role: 'user', content: 'Which color has grass?' }],
  });
  expect(JSON.parse(messages[2]?.content as string)).toMatchObject([
    { pageContent: 'grass is green', metadata: { about: 'grass' } },
  ]);
});

it('MultiVectorRetriever finds documents by what was written about them', async () => {
  const documents = facts.map((fact, i) => [`fact ${i}`, fact] as [string, Document]);
  const docstore = new InMemoryStore<Document>();
  await docstore.mset(documents);
  const questions = ['what is over us', 'what do cows eat', 'what falls in winter'];
  const vectorstore = await BinaryVectorStore.fromTexts(
    questions,
    documents.map(([id]) => ({ doc_id: id })),
    embeddings,
  );
  const retriever = new MultiVectorRetriever({
    vectorstore,
    docstore,
    idKey: 'doc_id',
    childK: 1,
    parentK: 1,
  });
  expect(await retriever.invoke('who says what cows eat')).toEqual([facts[1]]);
});

it('VectorStoreRetrieverMemory recalls what was said', async () => {
  const memory = new VectorStoreRetrieverMemory({
    vectorStoreRetriever: new BinaryVectorStore(embeddings).asRetriever(1),
    memoryKey: 'history',
    metadata: { when: 'today' },
  });
  await memory.saveContext({ input: 'my favorite food is soup' }, { output: 'good to know' });
  await memory.saveContext({ input: 'my dog is called Rex' }, { output: 'a fine name' });
  expect(await memory.loadMemoryVariables({ prompt: 'what food do I like' })).toEqual({
    history: 'input: my favorite food is soup\noutput: good to know',
  });
});
