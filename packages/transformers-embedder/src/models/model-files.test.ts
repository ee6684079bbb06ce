import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelFiles, ModelLocation } from './model-files.ts';
import { locateModel, readJson, readRecord } from './model-files.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitryoshka-files-'));
  writeFileSync(join(folder, 'config.json'), '{"a":1}');
  writeFileSync(join(folder, 'list.json'), '[1]');
  writeFileSync(join(folder, 'broken.json'), '{"a":');
});

afterAll(() => rmSync(folder, { recursive: true }));

const hash = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862';

async function expectFiles(location: ModelLocation): Promise<void> {
  const { files } = location as { files: ModelFiles };
  expect(new TextDecoder().decode(await files.read('config.json'))).toBe('{"a":1}');
  expect(await files.hash('config.json')).toBe(hash);
  expect(await files.read('none.json')).toBeUndefined();
  expect(await files.read('none/config.json')).toBeUndefined();
  expect(await files.hash('none.json')).toBeUndefined();
}

test('what exists or is written like a path is a folder', async () => {
  const location = locateModel(folder);
  expect(location).toMatchObject({ kind: 'folder', folder, files: { name: basename(folder) } });
  await expectFiles(location);
  await expectFiles(locateModel(pathToFileURL(folder)));
  await expectFiles(locateModel(pathToFileURL(folder).href));
  for (const missing of ['./no-such-model', '../none', join(folder, 'none')]) {
    expect(() => locateModel(missing)).toThrow(
      expect.objectContaining({
        code: 'model-not-found',
        message: expect.stringContaining('is no folder'),
      }),
    );
  }
});

test.each(['x/../../escaped', 'a\0b', '\\\\host\\x', 'a/b/c', ''])('%j is no hub id', (model) => {
  expect(() => locateModel(model)).toThrow(expect.objectContaining({ code: 'model-not-found' }));
});

test('other names are those of the hub', () => {
  expect(locateModel('somebody/something')).toEqual({ kind: 'hub', id: 'somebody/something' });
});

test('files can be given, as bytes or text, of any realm', async () => {
  await expectFiles(locateModel({ 'config.json': '{"a":1}' }));
  await expectFiles(locateModel({ 'config.json': new TextEncoder().encode('{"a":1}') }));
  await expectFiles(
    locateModel({ 'config.json': new TextEncoder().encode('{"a":1}').buffer as ArrayBuffer }),
  );
  const { files } = locateModel({ 'config.json': '{}' }) as { files: ModelFiles };
  expect(await files.read('toString')).toBeUndefined();
  const url = runInNewContext('new URL("https://a.example/b")', { URL });
  expect(locateModel(url as URL)).toMatchObject({ kind: 'url' });
});

describe('a URL', () => {
  test('is asked for files', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/models/one/config.json') response.end('{"a":1}');
      else if (request.url === '/models/one/page.json') {
        // What servers of single-page programs say of everything that they have not.
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      } else if (request.url === '/models/one/broken.json') response.writeHead(500).end();
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/one`;
    try {
      for (const model of [url, `${url}/`, new URL(url)]) await expectFiles(locateModel(model));
      const { files } = locateModel(url) as { files: ModelFiles };
      expect(await files.read('page.json')).toBeUndefined();
      await expect(files.read('broken.json')).rejects.toThrow(/broken\.json: 500/);
    } finally {
      server.close();
    }
  });
});

test('JSON is checked as far as that it is some', async () => {
  const { files } = locateModel(folder) as { files: ModelFiles };
  expect(await readJson(files, 'list.json')).toEqual([1]);
  expect(await readRecord(files, 'config.json')).toEqual({ a: 1 });
  expect(await readRecord(files, 'none.json')).toBeUndefined();
  await expect(readRecord(files, 'list.json')).rejects.toMatchObject({
    code: 'model-failed',
    message: expect.stringContaining('holds a list'),
  });
  await expect(readJson(files, 'broken.json')).rejects.toMatchObject({
    code: 'model-failed',
    message: expect.stringContaining('broken.json'),
  });
});
