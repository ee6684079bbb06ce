import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from 'vitest';

/** A server that speaks as Ollama does, for tests. */
export interface FakeOllama {
  url: string;
  /** What it has, the newest first. */
  models: { name: string; details: { family: string } }[];
  /** What it answers, a word at a time. */
  answer: string;
  /** Whether it stops in the middle of its answer, and says no more. */
  isStuck: boolean;
  /** What it was asked last. */
  asked: { model: string; messages: { role: string; content: string }[] } | undefined;
}

export function fakeOllama(): FakeOllama {
  const fake: FakeOllama = { url: '', models: [], answer: '', isStuck: false, asked: undefined };
  let server: Server;
  beforeEach(async () => {
    fake.models = [
      { name: 'nomic-embed-text:latest', details: { family: 'nomic-bert' } },
      { name: 'llama3.2:latest', details: { family: 'llama' } },
    ];
    fake.isStuck = false;
    server = createServer(async (request, response) => {
      if (request.url === '/api/tags') {
        response.end(JSON.stringify({ models: fake.models }));
        return;
      }
      let body = '';
      for await (const piece of request) body += String(piece);
      fake.asked = JSON.parse(body) as FakeOllama['asked'];
      const known = fake.models.some(({ name }) => name === fake.asked?.model);
      if (!known) {
        response.statusCode = 404;
        response.end(JSON.stringify({ error: `model "${fake.asked?.model}" not found` }));
        return;
      }
      for (const content of fake.answer.split(/(?<= )/)) {
        const message = { role: 'assistant', content };
        response.write(`${JSON.stringify({ model: 'llama3.2', message, done: false })}\n`);
      }
      if (fake.isStuck) return;
      const last = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' };
      response.end(`${JSON.stringify({ model: 'llama3.2', ...last })}\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return fake;
}
