import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { here, isBuilt, runNode } from './run-node.suite.ts';

interface Asked {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools: readonly { readonly function: { readonly name: string } }[];
}

const replies = [
  { content: '', tool_calls: [{ function: { name: 'look_up', arguments: { query: 'return' } } }] },
  { content: 'Thirty days [returns].' },
];

let server: Server;
let asked: Asked[];

/** Two models, and a chat that calls the tool, and then answers. */
beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    if (request.url === '/api/tags') {
      response.end(JSON.stringify({ models: [{ name: 'first:1b' }, { name: 'second:1b' }] }));
      return;
    }
    const message = { role: 'assistant', ...replies[asked.length] };
    asked.push((await json(request)) as Asked);
    response.end(`${JSON.stringify({ model: 'first:1b', message, done: true })}\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it.skipIf(!isBuilt)('rag-agent asks Ollama where it answers (needs a build)', async () => {
  const { port } = server.address() as AddressInfo;
  const environment = { OLLAMA_HOST: `127.0.0.1:${port}` };
  const printed = await runNode([here('rag-agent/rag-agent.mjs')], { environment });
  expect(printed).toMatch(/^model: first:1b\n/);
  expect(printed).toMatch(/\nai: Thirty days \[returns\]\.$/);
  expect(asked.map(({ model, tools }) => [model, tools[0]?.function.name])).toEqual([
    ['first:1b', 'look_up'],
    ['first:1b', 'look_up'],
  ]);
  expect(asked[1].messages.at(-1)).toMatchObject({
    role: 'tool',
    content: expect.stringContaining('[returns] You can return a parcel'),
  });
});
