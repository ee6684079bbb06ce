import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenPage } from './open-page.suite.ts';
import { browser, openPage } from './open-page.suite.ts';
import { here, isBuilt } from './run-node.suite.ts';

/** Adds documents over and over, and says which were acknowledged. */
const changing = `
  import { BinaryVectorStore, sqliteWasm } from '@bitryoshka/langchain';
  import sqlite3InitModule from '@sqlite.org/sqlite-wasm';

  const options = { index: 'graph', quantizer: { kind: 'random', bits: 48 } };
  // No two alike: with whole frequencies, 710 later nearly the same comes again, 710 being nearly 226 times pi.
  const vector = (n) => Array.from({ length: 24 }, (_, j) => Math.sin(n * Math.sqrt(j + 2)));
  const opening = sqlite3InitModule()
    .then((sqlite3) => sqliteWasm(sqlite3, { name: 'changing' }))
    .then((driver) => BinaryVectorStore.open('changing.sqlite', {}, { driver, ...options }));
  opening.catch(({ code, message }) => postMessage({ failed: code ?? message }));

  onmessage = async ({ data: { addFrom, nearest, remove } }) => {
    const store = await opening;
    if (remove) await store.delete({ ids: remove });
    for (let batch = addFrom; batch !== undefined; batch++) {
      const rows = Array.from({ length: 20 }, (_, i) => 20 * batch + i);
      const documents = rows.map((row) => ({ id: String(row), pageContent: 'x'.repeat(2000), metadata: {} }));
      await store.addVectors(rows.map(vector), documents);
      postMessage({ acknowledged: batch });
    }
    const found = nearest === undefined ? [] : await store.similaritySearchVectorWithScore(vector(nearest), 1);
    postMessage({ ids: Array.from(store.entries(), ([id]) => id), found: found[0]?.[0].id });
  };
`;

const page = `
  globalThis.open = (file) => {
    globalThis.worker = new Worker(file, { type: 'module' });
    globalThis.said = [];
    worker.onmessage = ({ data }) => {
      said.push(data);
      if (data.acknowledged !== undefined) acknowledge(data.acknowledged);
    };
    worker.onerror = ({ message }) => said.push({ failed: message });
  };
  globalThis.ask = (question) => {
    said.length = 0;
    worker.postMessage(question);
  };
`;

interface Answer {
  readonly failed?: string;
  readonly ids: readonly string[];
  readonly found?: string;
}

/** What the worker says last, within half a minute. */
async function ask<T>(opened: Page, question: object): Promise<T> {
  await opened.evaluate(`ask(${JSON.stringify(question)})`);
  return answer(opened);
}

async function answer<T>(opened: Page): Promise<T> {
  await opened.waitForFunction('said.length > 0', undefined, { timeout: 30_000 });
  return opened.evaluate<T>('said.at(-1)');
}

describe.skipIf(!browser || !isBuilt)(
  'a store in a file of a browser (needs both a browser and a build)',
  () => {
    let folder: string;
    let opened: OpenPage;
    let acknowledged = -1;

    const openWith = async (context: BrowserContext, port: number) => {
      const other = await context.newPage();
      await other.exposeFunction('acknowledge', (batch: number) => {
        acknowledged = batch;
      });
      await other.goto(`http://127.0.0.1:${port}/`);
      await other.evaluate("open('changing.js')");
      return other;
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'bitryoshka-browser-file-'));
      await build({
        stdin: { contents: changing, resolveDir: here('.') },
        bundle: true,
        format: 'esm',
        outfile: join(folder, 'changing.js'),
        logLevel: 'error',
      });
      copyFileSync(
        fileURLToPath(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm')),
        join(folder, 'sqlite3.wasm'),
      );
      writeFileSync(join(folder, 'page.js'), page);
      writeFileSync(join(folder, 'index.html'), '<!doctype html><script src="page.js"></script>');
      opened = await openPage(folder);
    }, 60_000);

    afterAll(async () => {
      await opened?.close();
      rmSync(folder, { recursive: true });
    });

    it('holds what was acknowledged, all of it, whenever its page is closed', async () => {
      const { port } = opened;
      const context = opened.page.context();
      for (let kill = 0; kill < 5; kill++) {
        const change = await openWith(context, port);
        const before = acknowledged;
        await change.evaluate(`ask({ addFrom: ${before + 1} })`);
        await expect
          .poll(() => acknowledged, { timeout: 30_000 })
          .toBeGreaterThan(before + 3 * kill);
        await change.close();
        const last = acknowledged;
        const look = await openWith(context, port);
        const { ids, found, failed } = await ask<Answer>(look, { nearest: 20 * last + 7 });
        expect(failed).toBeUndefined();
        // The last may have been written, and nobody told.
        const batches = ids.length / 20;
        expect(Number.isInteger(batches)).toBe(true);
        expect(batches).toBeGreaterThan(last);
        expect(new Set(ids)).toEqual(new Set(Array.from({ length: ids.length }, (_, i) => `${i}`)));
        expect(found).toBe(`${20 * last + 7}`);
        acknowledged = batches - 1;
        await look.close();
      }
    }, 120_000);

    it('deletes, and belongs to one tab at a time', async () => {
      const { port } = opened;
      const context = opened.page.context();
      const first = await openWith(context, port);
      const { ids } = await ask<Answer>(first, { remove: ['7', '8'] });
      expect(ids).not.toContain('7');
      const second = await openWith(context, port);
      expect(await answer(second)).toEqual({ failed: 'write-failed' });
      const { ids: still } = await ask<Answer>(first, {});
      expect(still).toEqual(ids);
      await second.close();
      // One that waits for a page that goes.
      const third = await openWith(context, port);
      await third.waitForTimeout(500);
      await first.close();
      expect((await ask<Answer>(third, {})).ids).toEqual(ids);
      await third.close();
    }, 60_000);

    it('is there again when the browser was ended by force', async () => {
      const profile = mkdtempSync(join(tmpdir(), 'bitryoshka-profile-'));
      const first = await openPage(folder, { profile });
      try {
        const change = await openWith(first.page.context(), first.port);
        acknowledged = -1;
        await change.evaluate('ask({ addFrom: 0 })');
        await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(9);
        const session = await first.page.context().browser()?.newBrowserCDPSession();
        session?.send('Browser.crash').catch(() => undefined);
        await new Promise((resolve) => first.page.context().once('close', resolve));
      } finally {
        await first.close();
      }
      const again = await openPage(folder, { profile, port: first.port });
      try {
        const look = await openWith(again.page.context(), again.port);
        const { ids, failed } = await ask<Answer>(look, {});
        expect(failed).toBeUndefined();
        expect(ids.length % 20).toBe(0);
        expect(ids.length / 20).toBeGreaterThan(acknowledged);
      } finally {
        await again.close();
        rmSync(profile, { recursive: true });
      }
    }, 60_000);
  },
);
