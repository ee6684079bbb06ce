import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitQuantizer } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { vectorStoreSuite, WordEmbeddings } from './vector-store.suite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-store-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const create = (options: BinaryVectorStoreOptions) => async (embeddings: EmbeddingsInterface) =>
  new BinaryVectorStore(embeddings, options);
const saveAndLoad = async (store: BinaryVectorStore): Promise<BinaryVectorStore> => {
  await store.save(directory);
  return BinaryVectorStore.load(directory, store.embeddings);
};

const suite = (options: BinaryVectorStoreOptions) =>
  vectorStoreSuite(create(options), { reload: saveAndLoad });
const suiteOfLoaded = (options: BinaryVectorStoreOptions) =>
  vectorStoreSuite(create(options), { reload: saveAndLoad, settle: saveAndLoad });

describe('before it is fitted', () => suite({}));

describe('when it fits itself amid the adding', () =>
  suite({ quantizer: { kind: 'itq', bits: 2 }, index: 'scan' }));

describe('with a quantizer from the first vector on', async () => {
  const words = await new WordEmbeddings().embedDocuments(
    Array.from({ length: 40 }, (_, i) => `word ${i}`),
  );
  suite({ quantizer: await fitQuantizer(words, { kind: 'itq', bits: 24 }) });
});

describe('saved and loaded, exact', () => suiteOfLoaded({}));

describe('with vectors of four bits, saved and loaded, with codes', () =>
  vectorStoreSuite(
    create({ storage: 'int4', quantizer: { kind: 'median', bits: 3 }, index: 'scan' }),
    { reload: saveAndLoad, settle: saveAndLoad, isEstimating: true },
  ));

describe('saved and loaded, with codes', () =>
  suiteOfLoaded({ quantizer: { kind: 'median', bits: 3 }, index: 'scan' }));

describe('hybrid', () =>
  vectorStoreSuite(create({ hybrid: true }), { reload: saveAndLoad, isHybrid: true }));

describe('hybrid, saved and loaded, with codes', () =>
  vectorStoreSuite(
    create({ hybrid: true, quantizer: { kind: 'median', bits: 3 }, index: 'scan' }),
    { reload: saveAndLoad, settle: saveAndLoad, isHybrid: true },
  ));
