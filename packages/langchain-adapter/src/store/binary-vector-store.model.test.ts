import { it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { compareWithModel, modelDimensions, modelOptions } from './store-model.suite.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

it('finds what a naive store finds, whatever happened before', { timeout: 120_000 }, () =>
  compareWithModel({
    create: async () => new BinaryVectorStore(new WordEmbeddings(modelDimensions), modelOptions),
    numRuns: 40,
  }),
);
