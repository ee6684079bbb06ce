import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadQuantizer } from '@bitryoshka/core';
import { expect, it } from 'vitest';

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => existsSync(file),
);
const built = existsSync(new URL('../packages/core/dist/index.js', import.meta.url));

it.skipIf(!browser || !built)(
  'train-in-browser trains a head in a page (needs chromium and a build)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'page-'));
    process.argv[2] = folder;
    await import('./train-in-browser/build.mjs');
    const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' };
    const server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
      readFile(join(folder, name)).then(
        (contents) => {
          response.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'text/plain');
          response.end(contents);
        },
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { chromium } = await import('playwright-core');
    const instance = await chromium.launch({
      executablePath: browser as string,
      args: ['--no-sandbox'],
    });
    try {
      const page = await instance.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
      await page.click('#train');
      await page.waitForFunction('globalThis.trained !== undefined', undefined, {
        timeout: 240_000,
      });
      const trained = await page.evaluate<{ kind: string; bits: number; longestFrame: number }>(
        'globalThis.trained',
      );
      expect(errors).toEqual([]);
      expect(trained).toMatchObject({ kind: 'head', bits: 128 });
      const file = await page.evaluate<number[]>(
        "fetch(document.querySelector('#file a').href).then(async (got) => [...new Uint8Array(await got.arrayBuffer())])",
      );
      const quantizer = loadQuantizer(Uint8Array.from(file));
      expect(quantizer).toMatchObject({ kind: 'head', bits: 128, inputDimensions: 384 });
      console.info(await page.textContent('#result'));
    } finally {
      await instance.close();
      server.close();
      await rm(folder, { recursive: true });
    }
  },
  270_000,
);
