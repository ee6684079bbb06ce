import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { build as bundle } from 'esbuild';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenPage } from './open-page.suite.ts';
import { browser, openPage } from './open-page.suite.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const isBuilt = existsSync(here('../packages/transformers-embedder/dist/index.js'));

describe.skipIf(!browser || !isBuilt)('in a page (needs a browser and a build)', () => {
  let folder: string;
  let opened: OpenPage;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-page-'));
    await build({
      root: here('search-in-browser'),
      logLevel: 'error',
      build: { outDir: folder, emptyOutDir: true, target: 'esnext', chunkSizeWarningLimit: 20_000 },
    });
    cpSync(here('../packages/transformers-embedder/model'), join(folder, 'model'), {
      recursive: true,
    });
    await bundle({
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

  it('the bundled model and a store answer', async () => {
    const { page, errors } = opened;
    await page.waitForFunction("document.getElementById('state').textContent.includes('Ready')");
    await page.fill('#question', 'How do I reboot the wifi router?');
    await page.waitForSelector('#answers li');
    expect(await page.textContent('#answers li')).toMatch(/^The router restarts/);
    console.info(await page.textContent('#state'));
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
