// Ollama, if it answers and has a model, or a script that plays one.
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { ChatOllama } from '@langchain/ollama';

const { OLLAMA_HOST: host = 'http://127.0.0.1:11434', OLLAMA_MODEL: wanted } = process.env;
const baseUrl = host.includes('://') ? host : `http://${host}`;

export async function chooseModel() {
  const installed = await installedModels();
  const model = wanted ?? installed[0];
  if (installed.length === 0)
    return { name: 'a script, since Ollama does not answer', model: script() };
  return { name: model, model: new ChatOllama({ model, baseUrl, temperature: 0 }) };
}

async function installedModels() {
  try {
    const response = await fetch(new URL('/api/tags', baseUrl), {
      signal: AbortSignal.timeout(1000),
    });
    const { models } = await response.json();
    return models.map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Asks the tool what it was asked, then repeats the first line of what the tool found. */
function script() {
  return fakeModel()
    .respond(
      (messages) =>
        new AIMessage({
          content: '',
          tool_calls: [{ name: 'look_up', args: { query: messages.at(-1).text }, id: 'first' }],
        }),
    )
    .respond((messages) => {
      const found = messages.findLast((message) => ToolMessage.isInstance(message));
      return new AIMessage(found.text.split('\n')[0]);
    });
}
