import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { lifeDimensions, liveThrough } from './store-life.suite.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-life-'));
afterAll(() => rmSync(folder, { recursive: true }));

const embeddings = new WordEmbeddings(lifeDimensions);

it('holds and finds what a map does, all its life', { timeout: 3_600_000 }, async () => {
  await liveThrough({
    open: async () => new BinaryVectorStore(embeddings),
    renew: async (store) => {
      await store.save(folder);
      await store.close();
      return BinaryVectorStore.load(folder, embeddings);
    },
  });
});
