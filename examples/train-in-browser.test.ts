import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadQuantizer } from '@bitryoshka/core';
import { expect, it } from 'vitest';
import { browser, openPage } from './open-page.suite.ts';
import { here, isBuilt, runNode } from './run-node.suite.ts';

it.skipIf(!browser || !isBuilt)(
  'train-in-browser trains a head in a page (needs a browser and a build)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'page-'));
    await runNode([here('train-in-browser/build.mjs'), folder]);
    const { page, errors, close } = await openPage(folder);
    try {
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
      await close();
      await rm(folder, { recursive: true });
    }
  },
  270_000,
);
