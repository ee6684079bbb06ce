import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { isLongLife, lifeDimensions, liveThrough } from '../store/store-life.suite.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { verifyStoreFile } from './recover-file.ts';
import { driver } from './sqlite-drivers.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-life-'));
afterAll(() => rmSync(folder, { recursive: true }));

const embeddings = new WordEmbeddings(lifeDimensions);
const file = join(folder, 'store.sqlite');
// Words take as long again, and change nothing of what vectors find.
const hybrid = isLongLife;
const open = () =>
  BinaryVectorStore.open(file, embeddings, { driver, durability: 'normal', hybrid });

it('holds and finds what a map does, all its life', { timeout: 3_600_000 }, async () => {
  await liveThrough({
    open,
    renew: async (store) => {
      await store.close();
      return open();
    },
  });
  expect(await verifyStoreFile(file, { driver })).toMatchObject({ isWhole: true, problems: [] });
});
