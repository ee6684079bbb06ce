import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledCommand } from '../terminal/bundled-command.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';

const command = bundledCommand();

const folder = temporaryFolder();
let clients: Client[];

beforeEach(async () => {
  clients = [];
  await note('router.md', '# Office\n## Network\nHold the button of the router to restart it.');
  await note('garden.md', '# Garden\nWater the tomatoes in the morning.\n# Bees\nFeed the bees.');
});

afterEach(() => Promise.all(clients.map((client) => client.close())));

describe('bitryoshka mcp', () => {
  it('says what it offers: three tools that change nothing', async () => {
    const { tools } = await (await connect('notes')).listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'read_passage', 'list_sources']);
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
  });

  it('finds passages and reads around them', async () => {
    const client = await connect('notes');
    const [found] = await search(client, 'How do I restart the router?');
    expect(found).toMatchObject({
      source: 'router.md',
      line: 3,
      endLine: 3,
      headings: ['Office', 'Network'],
      text: 'Hold the button of the router to restart it.',
    });
    const { passages } = await call(client, 'read_passage', { id: 'garden.md', after: 5 });
    expect((passages as Passage[]).map(({ text }) => text)).toEqual([
      'Water the tomatoes in the morning.',
      'Feed the bees.',
    ]);
    const [bees] = await search(client, 'Feed the bees.');
    const around = await call(client, 'read_passage', { id: bees?.id, before: 0 });
    expect(around.passages).toHaveLength(1);
  });

  it('lists folders and files, part by part', async () => {
    const client = await connect('notes');
    expect(await call(client, 'list_sources', {})).toEqual({
      folders: [{ path: join(folder.path, 'notes'), prefix: '', files: 2 }],
      sources: [
        { source: 'garden.md', passages: 2 },
        { source: 'router.md', passages: 1 },
      ],
      total: 2,
    });
    const part = await call(client, 'list_sources', { offset: 1, limit: 1 });
    expect(part).toMatchObject({ sources: [{ source: 'router.md' }], total: 2 });
    const some = await call(client, 'list_sources', { contains: 'GARD' });
    expect(some.total).toBe(1);
  });

  it('reads again what has changed since the last question', async () => {
    const client = await connect('notes');
    const question = 'When is the rent due?';
    expect((await search(client, question))[0]?.text).not.toMatch(/rent/);
    await note('rent.md', 'The rent is due on the third of the month.');
    expect((await search(client, question))[0]?.text).toMatch(/third/);
    await note('rent.md', 'The rent is due on the eleventh of each month.');
    expect((await search(client, question))[0]?.text).toMatch(/eleventh/);
    await rm(join(folder.path, 'notes/rent.md'));
    expect((await search(client, question))[0]?.text).not.toMatch(/rent/);
  });

  it('answers from several folders, also from one that is empty at first', async () => {
    await mkdir(join(folder.path, 'more/notes'), { recursive: true });
    const client = await connect('notes', 'more/notes', 'notes/../notes');
    expect((await search(client, 'router'))[0]?.source).toBe('notes/router.md');
    await folder.write('more/notes/kettle.txt', 'The kettle boils water.');
    const [found] = await search(client, 'What does the kettle do?');
    expect(found?.source).toBe('notes-2/kettle.txt');
    const { passages } = await call(client, 'read_passage', { id: found?.id });
    expect(passages).toMatchObject([{ text: 'The kettle boils water.' }]);
    const { folders } = await call(client, 'list_sources', {});
    expect(folders).toHaveLength(2);
  });

  it('never leaves the folders: by dots, by absolute paths or by links', async () => {
    await folder.write('private/key.md', 'The secret word is xylophone.');
    await symlink(join(folder.path, 'private/key.md'), join(folder.path, 'notes/linked.md'));
    await symlink(join(folder.path, 'private'), join(folder.path, 'notes/linked'));
    const client = await connect('notes');
    const found = await search(client, 'What is the secret word xylophone?', 50);
    expect(JSON.stringify(found)).not.toMatch(/xylophone/);
    for (const id of [
      '../private/key.md',
      'notes/../../private/key.md',
      join(folder.path, 'private/key.md'),
      'linked.md',
      'linked.md#0',
      'linked/key.md',
      '',
    ]) {
      const result = await client.callTool({ name: 'read_passage', arguments: { id } });
      expect(result.isError, id).toBe(true);
      expect(JSON.stringify(result)).not.toMatch(/xylophone/);
    }
    // A file becomes a link after it was indexed.
    await rm(join(folder.path, 'notes/router.md'));
    await symlink(join(folder.path, 'private/key.md'), join(folder.path, 'notes/router.md'));
    expect(JSON.stringify(await search(client, 'xylophone', 50))).not.toMatch(/xylophone/);
  });

  it('says what is wrong with a call, and goes on', async () => {
    const client = await connect('notes');
    const result = await client.callTool({ name: 'search', arguments: { limit: 0 } });
    expect(result.isError).toBe(true);
    await rm(join(folder.path, 'notes'), { recursive: true });
    const gone = await client.callTool({ name: 'search', arguments: { question: 'router' } });
    expect(gone.isError).toBe(true);
    expect(JSON.stringify(gone)).toMatch(/got nothing, expected a folder/);
    await note('router.md', 'The router is back.');
    expect((await search(client, 'router'))[0]?.text).toBe('The router is back.');
  });

  it('says how far it has come, also of what began before', async () => {
    // So many that reading them is not over when the first question comes.
    for (let i = 0; i < 400; i++) {
      const sentences = Array.from({ length: 60 }, (_, j) => `Router ${i} has the part ${j}.`);
      await folder.write(`many/${i}.md`, sentences.join(' '));
    }
    const transport = transportTo('many');
    const client = new Client({ name: 'test', version: '1.0.0' });
    clients.push(client);
    await client.connect(transport);
    const heard: string[] = [];
    await client.callTool({ name: 'search', arguments: { question: 'router' } }, undefined, {
      onprogress: ({ message = '' }) => heard.push(message),
    });
    expect(heard[0]).toMatch(/^\w+ \d+ of \d+$/);
  });

  it('prints nothing but the protocol, and ends with its input', async () => {
    const child = spawn(process.execPath, [command.path, 'mcp', join(folder.path, 'notes')], {
      env: folder.env,
    });
    let printed = '';
    child.stdout.on('data', (data) => {
      printed += String(data);
    });
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    };
    const send = (message: object) =>
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    send({ id: 1, method: 'initialize', params });
    send({ method: 'notifications/initialized' });
    const question = { name: 'search', arguments: { question: 'router' } };
    send({ id: 2, method: 'tools/call', params: question });
    while (!printed.includes('"id":2')) await once(child.stdout, 'data');
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
    const ids = printed
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids).toEqual([1, 2]);
  });
});

interface Passage {
  readonly id: string;
  readonly source: string;
  readonly text: string;
}

function note(name: string, text: string): Promise<string> {
  return folder.write(`notes/${name}`, text);
}

function transportTo(...folders: string[]): StdioClientTransport {
  return new StdioClientTransport({
    command: process.execPath,
    args: [command.path, 'mcp', ...folders.map((name) => join(folder.path, name))],
    env: folder.env,
    stderr: 'pipe',
  });
}

async function connect(...folders: string[]): Promise<Client> {
  const transport = transportTo(...folders);
  const client = new Client({ name: 'test', version: '1.0.0' });
  client.onerror = (error) => {
    throw error;
  };
  await client.connect(transport);
  clients.push(client);
  // Calls check what comes back against what is promised.
  await client.listTools();
  return client;
}

async function search(client: Client, question: string, limit?: number): Promise<Passage[]> {
  const { passages } = await call(client, 'search', { question, limit });
  return passages as Passage[];
}

async function call(
  client: Client,
  name: string,
  args: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  if (result.isError) throw new Error(JSON.stringify(result.content));
  return result.structuredContent ?? {};
}
