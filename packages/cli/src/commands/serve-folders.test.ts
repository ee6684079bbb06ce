import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { main } from '../main.ts';
import type { SampleFolder } from '../server/sample-folder.suite.ts';
import { createFolder } from '../server/sample-folder.suite.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { serve } from './serve-folders.ts';

const output = captureOutput();

let folder: SampleFolder;

beforeEach(async () => {
  folder = await createFolder('serve-');
  await folder.write('notes/router.md', 'Hold the button of the router to restart it.');
});

afterEach(() => folder.remove());

it('serves this machine without a token, at a port that is free, until it is closed', async () => {
  const server = await serveNotes({ host: '127.0.0.1' });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(output.complained).toMatch(/1 passage of 1 file \(1 read anew\)/);
  const found = await fetch(`${server.url}api/search?q=router`);
  expect(await found.json()).toMatchObject({
    answers: [{ source: 'router.md', lines: { from: 1 } }],
  });
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow();
  // The index was saved meanwhile.
  const again = await serveNotes({ host: '127.0.0.1' });
  expect(output.complained).toMatch(/1 passage of 1 file \(nothing changed\)/);
  const port = Number(new URL(again.url).port);
  await expect(serveNotes({ host: '127.0.0.1', port })).rejects.toThrow(/port: .*EADDRINUSE/);
  await again.close();
});

it('makes a token for others, another one each time', async () => {
  const servers = [await serveNotes({ host: '0.0.0.0' }), await serveNotes({ host: '0.0.0.0' })];
  const tokens = servers.map(({ url }) => new URL(url).searchParams.get('token'));
  expect(new Set(tokens).size).toBe(2);
  for (const [i, { url }] of servers.entries()) {
    expect(tokens[i]).toMatch(/^[\w-]{32}$/);
    const { port } = new URL(url);
    const api = `http://127.0.0.1:${port}/api/settings`;
    expect((await fetch(api)).status).toBe(401);
    const headers = { authorization: `Bearer ${tokens[i]}` };
    expect((await fetch(api, { headers })).status).toBe(200);
    await servers[i]?.close();
  }
});

it('reads the folders again while it serves', async () => {
  const server = await serveNotes({ host: '127.0.0.1' });
  await folder.write('notes/kettle.md', 'The kettle boils water in three minutes.');
  const refresh = () => fetch(`${server.url}api/refresh`, { method: 'POST' });
  const answers = await Promise.all([refresh(), refresh()]);
  for (const answer of answers) expect(await answer.json()).toMatchObject({ passages: 2 });
  const found = await fetch(`${server.url}api/search?q=kettle&k=1`);
  expect(await found.json()).toMatchObject({ answers: [{ source: 'kettle.md' }] });
  await folder.write('notes/lamp.md', 'The lamp hangs in the hall.');
  expect(await (await refresh()).json()).toMatchObject({ passages: 3 });
  await server.close();
});

it('serves the files that search is told to read', async () => {
  await folder.write('notes/kettle.md', 'The kettle boils water in three minutes.');
  const server = await serveNotes({ host: '127.0.0.1', exclude: ['router.*'] });
  expect(output.complained).toMatch(/1 passage of 1 file \(1 read anew\)/);
  const found = await fetch(`${server.url}api/search?q=router`);
  expect(await found.json()).toMatchObject({ answers: [{ source: 'kettle.md' }] });
  await server.close();
});

it('refuses tokens that can be guessed, folders that are missing, and ports that are none', async () => {
  await expect(serveNotes({ host: '127.0.0.1', token: 'secret' })).rejects.toMatchObject({
    code: 'invalid-option',
  });
  await main(['node', 'bitryoshka', 'serve', join(folder.path, 'none')]);
  expect(output.complained).toMatch(/none: got nothing, expected a folder/);
  expect(process.exitCode).toBe(1);
  await main(['node', 'bitryoshka', 'serve', folder.path, '--port', '65536']);
  expect(process.exitCode).toBe(2);
});

function serveNotes({
  port = 0,
  ...options
}: {
  readonly host: string;
  readonly port?: number;
  readonly token?: string;
  readonly exclude?: readonly string[];
}): ReturnType<typeof serve> {
  const index = join(folder.path, 'index');
  return serve([join(folder.path, 'notes')], { port, index, ...options });
}
