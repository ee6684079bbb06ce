import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { compareWithModel, modelDimensions, modelOptions } from '../store/store-model.suite.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { driver } from './sqlite-drivers.suite.ts';

/** More of them where time is no matter. */
const numRuns = Number(process.env.BITRYOSHKA_RUNS ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const embeddings = new WordEmbeddings(modelDimensions);
const files = new WeakMap<BinaryVectorStore, string>();
let count = 0;

async function open(file: string): Promise<BinaryVectorStore> {
  const { storage: _, bits: _bits, similarity: _similarity, ...options } = modelOptions;
  const store = await BinaryVectorStore.open(file, embeddings, { ...options, driver });
  files.set(store, file);
  return store;
}

it(
  'finds what a naive store finds, opened again and by others, whatever happened before',
  () =>
    compareWithModel({
      create: () => open(join(folder, `${count++}.sqlite`)),
      renew: async (store) => {
        await store.close();
        return open(files.get(store) as string);
      },
      readers: async (store) => {
        const options = { driver, readOnly: true, depth: modelOptions.depth };
        return [await BinaryVectorStore.open(files.get(store) as string, embeddings, options)];
      },
      numRuns,
    }),
  600_000,
);
