import { BitryoshkaError } from '@bitryoshka/core';
import type { BaseMessageChunk } from '@langchain/core/messages';
import { importOptional } from './optional-module.ts';

/** What is used of a chat model of LangChain; of another copy of it as well. */
interface ChatModel {
  stream(
    messages: [role: 'system' | 'human', content: string][],
    options: { readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<Pick<BaseMessageChunk, 'text'>>>;
}

export interface OpenedChatModel {
  /** `provider:name`. */
  readonly name: string;
  readonly model: ChatModel;
}

interface OllamaModule {
  readonly ChatOllama: new (options: object) => ChatModel;
}

interface LangChainModule {
  initChatModel(name: string): Promise<ChatModel>;
}

/** Room for the passages, which the server would cut off otherwise. */
const contextTokens = 8192;
const patienceMilliseconds = 3000;

/**
 * The chat model of this name, or one that Ollama has on this machine.
 *
 * @param name `provider:name`, as `initChatModel` of LangChain takes it
 * @throws BitryoshkaError `model-not-found` where there is none, `not-supported` where a package is missing
 */
export async function openChatModel(name?: string): Promise<OpenedChatModel> {
  if (name === undefined) return openOllama(await firstOfOllama());
  const [provider, model] = splitName(name);
  return provider === 'ollama' ? openOllama(model) : openByLangChain(name, provider);
}

async function openOllama(name: string): Promise<OpenedChatModel> {
  const { ChatOllama } = (await importOptional('@langchain/ollama')) as OllamaModule;
  const options = { model: name, baseUrl: ollamaUrl(), numCtx: contextTokens, temperature: 0 };
  return { name: `ollama:${name}`, model: new ChatOllama(options) };
}

async function openByLangChain(name: string, provider: string): Promise<OpenedChatModel> {
  const langchain = (await importOptional('langchain')) as LangChainModule;
  try {
    return { name, model: await langchain.initChatModel(name) };
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'model-not-found',
      message: `${name}: ${firstLine(cause)}`,
      remedy: `Check the name, run npm install @langchain/${provider}, and set the key that this provider asks for.`,
      cause,
    });
  }
}

/** The model that was used or pulled last, of those that answer. */
async function firstOfOllama(): Promise<string> {
  const url = ollamaUrl();
  const models = await modelsOfOllama(url);
  const chat = models.find(({ name, details }) => {
    const kinds = [name, details?.family ?? '', ...(details?.families ?? [])];
    return !kinds.some((kind) => /embed|bert/i.test(kind));
  });
  if (chat) return chat.name;
  throw new BitryoshkaError({
    code: 'model-not-found',
    message: `${url}: got no chat model from Ollama, expected one.`,
    remedy: 'Run ollama pull llama3.2, or name another with --model provider:name.',
  });
}

interface OllamaModel {
  readonly name: string;
  readonly details?: { readonly family?: string; readonly families?: readonly string[] | null };
}

async function modelsOfOllama(url: string): Promise<readonly OllamaModel[]> {
  try {
    const signal = AbortSignal.timeout(patienceMilliseconds);
    const response = await fetch(`${url}/api/tags`, { signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return ((await response.json()) as { models: OllamaModel[] }).models;
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'model-not-found',
      message: `model: got none, and no Ollama answers at ${url}.`,
      remedy:
        'Install Ollama (ollama.com), start it and run ollama pull llama3.2; or name a model, --model openai:gpt-4.1-mini, with the packages langchain and @langchain/openai and its key.',
      cause,
    });
  }
}

/** As Ollama reads `OLLAMA_HOST`, which may be without a scheme or a port, and the address that a server listens at. */
function ollamaUrl(): string {
  const host = process.env.OLLAMA_HOST?.trim() || '127.0.0.1:11434';
  const url = new URL(/^https?:\/\//.test(host) ? host : `http://${host}`);
  if (url.port === '' && !/^https?:\/\//.test(host)) url.port = '11434';
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  return url.origin;
}

function splitName(name: string): [provider: string, model: string] {
  const [, provider, model] = /^([^:]+):(.+)$/.exec(name) ?? [];
  if (provider !== undefined && model !== undefined) return [provider, model];
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `--model: got ${JSON.stringify(name)}, expected provider:name.`,
    remedy: 'Say, for example, --model ollama:llama3.2 or --model openai:gpt-4.1-mini.',
  });
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.split('\n')[0]?.replace(/\.$/, '')}.`;
}
