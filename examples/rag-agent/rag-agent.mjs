// An agent that looks things up in a store. Usage: node rag-agent.mjs [QUESTION]
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { chooseModel } from './choose-model.mjs';

const [question = 'How many days do I have to return a parcel?'] = process.argv.slice(2);

const rules = {
  returns: 'You can return a parcel within thirty days, opened or not.',
  refunds: 'Money is paid back to the card that was used.',
  delivery: 'Parcels leave on the day of the order if it is made before noon.',
  warranty: 'Machines are repaired for two years without cost.',
};
const store = await BinaryVectorStore.fromTexts(
  Object.values(rules),
  Object.keys(rules).map((page) => ({ page })),
  new MatryoshkaEmbeddings(),
);
const retriever = store.asRetriever({ k: 2 });

const lookUp = tool(
  async ({ query }) => {
    const found = await retriever.invoke(query);
    return found.map(({ pageContent, metadata }) => `[${metadata.page}] ${pageContent}`).join('\n');
  },
  {
    name: 'look_up',
    description: 'Finds the rules of the shop that bear on a question.',
    schema: z.object({ query: z.string().describe('what to look for') }),
  },
);

const { name, model } = await chooseModel();
console.log(`model: ${name}`);
const agent = createAgent({
  model,
  tools: [lookUp],
  systemPrompt: 'Answer from what look_up finds, in a sentence, and name the page in brackets.',
});
const { messages } = await agent.invoke({ messages: [{ role: 'user', content: question }] });
for (const message of messages) {
  for (const { name, args } of message.tool_calls ?? []) {
    console.log(`calls ${name}(${JSON.stringify(args)})`);
  }
  if (message.text !== '') console.log(`${message.type}: ${message.text}`);
}
