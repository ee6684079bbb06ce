import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitQuantizer } from '@bitryoshka/core';
import type { Embeddings } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import type { TestedStore } from './vector-store.suite.ts';
import { vectorStoreSuite, WordEmbeddings } from './vector-store.suite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-store-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const create = (options: BinaryVectorStoreOptions) => async (embeddings: Embeddings) =>
  new BinaryVectorStore(embeddings, options);
const saveAndLoad = async (store: TestedStore): Promise<TestedStore> => {
  await (store as BinaryVectorStore).save(directory);
  return BinaryVectorStore.load(directory, store.embeddings);
};

describe('before it is fitted', () => vectorStoreSuite(create({})));

describe('when it fits itself amid the adding', () =>
  vectorStoreSuite(create({ quantizer: { kind: 'itq', bits: 2 }, index: 'scan' })));

describe('with a quantizer from the first vector on', () =>
  vectorStoreSuite(async (embeddings) => {
    const words = await new WordEmbeddings().embedDocuments(
      Array.from({ length: 40 }, (_, i) => `word ${i}`),
    );
    const quantizer = await fitQuantizer(words, { kind: 'itq', bits: 24 });
    return new BinaryVectorStore(embeddings, { quantizer });
  }));

describe('saved and loaded, exact', () => vectorStoreSuite(create({}), saveAndLoad));

describe('saved and loaded, with codes', () =>
  vectorStoreSuite(create({ quantizer: { kind: 'median', bits: 3 }, index: 'scan' }), saveAndLoad));

describe('hybrid', () => vectorStoreSuite(create({ hybrid: true }), undefined, { isHybrid: true }));

describe('hybrid, saved and loaded, with codes', () =>
  vectorStoreSuite(
    create({ hybrid: true, quantizer: { kind: 'median', bits: 3 }, index: 'scan' }),
    saveAndLoad,
    { isHybrid: true },
  ));
