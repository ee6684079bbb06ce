import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenPage } from './open-page.suite.ts';
import { browser, openPage } from './open-page.suite.ts';
import { here, isBuilt, runNode } from './run-node.suite.ts';

describe.skipIf(!browser || !isBuilt)('in a page (needs a browser and a build)', () => {
  let folder: string;
  let opened: OpenPage;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-page-'));
    await runNode([here('browser-search/build.mjs'), folder]);
    cpSync(here('../packages/transformers-embedder/model'), join(folder, 'model'), {
      recursive: true,
    });
    await build({
      stdin: {
        contents: `import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
          globalThis.MatryoshkaEmbeddings = MatryoshkaEmbeddings;`,
        resolveDir: here('.'),
      },
      bundle: true,
      format: 'esm',
      outfile: join(folder, 'embeddings.js'),
      logLevel: 'error',
    });
    opened = await openPage(folder);
  }, 120_000);

  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true });
  });

  it('browser-search answers, keeps a note, and has it after a reload', async () => {
    const { page, errors } = opened;
    const shows = (text: string) =>
      page.waitForFunction(`document.getElementById('state').textContent === '${text}'`);
    await shows('Ready: 5 notes, new.');
    await page.fill('#question', 'How do I reboot the wifi router?');
    await page.waitForSelector('#answers li');
    expect(await page.textContent('#answers li')).toMatch(/^The router restarts/);
    await page.fill('#note', 'The spare key is under the third flower pot.');
    await page.press('#note', 'Enter');
    await shows('Ready: 6 notes.');
    // At once: the worker of before may have the files yet.
    await page.reload();
    await shows('Ready: 6 notes, kept.');
    await page.fill('#question', 'Where is the key?');
    await page.waitForSelector('#answers li');
    expect(await page.textContent('#answers li')).toMatch(/^The spare key/);
    expect(errors).toEqual([]);
  });

  it.each([
    ['bundled', 'undefined'],
    ['by a relative URL', "'./model'"],
    ['by URL', "new URL('/model/', location.href)"],
    [
      'given as bytes',
      `Object.fromEntries(await Promise.all(['config.json', 'tokenizer.json', 'model.safetensors'].map(
        async (file) => [file, new Uint8Array(await (await fetch('/model/' + file)).arrayBuffer())])))`,
    ],
  ])('the model %s gives the vectors of Node', async (_, model) => {
    const text = 'The river Thames, getUserById() and naïve café';
    const [vector, print] = await opened.page.evaluate<[number[], string]>(`(async () => {
      await import('/embeddings.js');
      const embeddings = new MatryoshkaEmbeddings({ model: ${model} });
      return [await embeddings.embedQuery(${JSON.stringify(text)}), await embeddings.fingerprint()];
    })()`);
    const node = new MatryoshkaEmbeddings();
    expect(vector).toEqual(await node.embedQuery(text));
    expect(print).toBe(await node.fingerprint());
  });

  it('a transformer without its library says what to pass', async () => {
    const message = await opened.page.evaluate<string>(`(async () => {
      await import('/embeddings.js');
      return new MatryoshkaEmbeddings({ model: 'some/model' }).embedQuery('x').catch((e) => e.message);
    })()`);
    expect(message).toMatch(/transformers: await import\('@huggingface\/transformers'\)/);
  });
});
