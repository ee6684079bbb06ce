import { expect, test } from 'vitest';
import { poolings } from '../transformers/pooling.ts';
import { findKnownModel, knownModels } from './known-models.ts';

test.each(knownModels.map((model) => [model.id, model] as const))('%s is sound', (id, model) => {
  const { dimensions, matryoshka = [], pooling, maxTokens = 1 } = model;
  expect(id).toMatch(/^[\w.-]+\/[\w.-]+$/);
  expect(Number.isInteger(dimensions) && dimensions > 0).toBe(true);
  const descending = [...new Set(matryoshka)].sort((a, b) => b - a);
  expect(matryoshka).toEqual(descending);
  expect(matryoshka.every((n) => Number.isInteger(n) && n > 0 && n < dimensions)).toBe(true);
  expect(poolings).toContain(pooling);
  expect(Number.isInteger(maxTokens) && maxTokens > 0).toBe(true);
  expect(model.licence).toMatch(/^[\w.-]+$/);
  expect(new URL(model.source).protocol).toBe('https:');
});

const prefixes = knownModels.flatMap(({ id, queryPrefix, documentPrefix }) =>
  [queryPrefix, documentPrefix]
    .filter((prefix) => prefix !== undefined)
    .map((prefix) => [id, prefix] as const),
);

// A space that got lost would change every vector, and nobody would notice.
test.each(prefixes)('%s: the prefix "%s" ends where the text begins', (_, prefix) => {
  expect(prefix).toMatch(/\S(: |\n|:)$/);
  expect(prefix.endsWith(':')).toBe(prefix.startsWith('Instruct: '));
});

test('no name stands for two models', () => {
  const names = knownModels.flatMap(({ id, aliases = [] }) => [id.split('/')[1], ...aliases]);
  const unique = new Set(names.map((name) => name?.toLowerCase()));
  expect(unique.size).toBe(names.length);
});

test.each(knownModels.map(({ id }) => id))('%s is found by its id', (id) => {
  expect(findKnownModel(id)?.id).toBe(id);
});

test.each([
  ['Xenova/bge-small-en-v1.5', 'BAAI/bge-small-en-v1.5'],
  ['onnx-community/embeddinggemma-300m-ONNX', 'google/embeddinggemma-300m'],
  ['jinaai/jina-embeddings-v5-text-nano-retrieval', 'jinaai/jina-embeddings-v5-text-nano'],
  ['all-MiniLM-L6-v2', 'sentence-transformers/all-MiniLM-L6-v2'],
  ['/srv/models/gte-small', 'thenlper/gte-small'],
  ['C:\\models\\gte-base', 'thenlper/gte-base'],
  ['xenova/ALL-minilm-l6-V2', 'sentence-transformers/all-MiniLM-L6-v2'],
  ['Qdrant/all-MiniLM-L6-v2-onnx', 'sentence-transformers/all-MiniLM-L6-v2'],
])('%s is known as %s', (name, id) => {
  expect(findKnownModel(name)?.id).toBe(id);
});

test.each([
  '',
  'Alibaba-NLP/gte-base-en-v1.5',
  'Snowflake/snowflake-arctic-embed-m',
  'BAAI/bge-small-en-v1.5/files',
])('"%s" is not known', (name) => {
  expect(findKnownModel(name)).toBeUndefined();
});

test.each([
  ['nomic-ai/nomic-embed-text-v1.5', { layerNorm: true, queryPrefix: 'search_query: ' }],
  ['sentence-transformers/all-MiniLM-L12-v2', { matryoshka: [], maxTokens: 128 }],
  ['voyageai/voyage-4-nano', { documentPrefix: 'Represent the document for retrieval: ' }],
])('%s: what a wrong entry would spoil', (name, expected) => {
  expect(findKnownModel(name)).toMatchObject(expected);
});
