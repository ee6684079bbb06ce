import { expect, test } from 'vitest';
import { MatryoshkaEmbeddings } from './matryoshka-embeddings.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

test.each<[Record<string, unknown>, string]>([
  [{ model: '' }, 'model: got "", expected a string that is not empty.'],
  [{ pooling: 'max' }, 'pooling: got "max", expected mean, cls, last-token.'],
  [{ normalize: 'yes' }, 'normalize: got "yes", expected true or false.'],
  [{ dimensions: 0 }, 'dimensions: got 0, expected a whole number of at least 1.'],
  [{ dimensions: 1.5 }, 'dimensions: got 1.5, expected a whole number of at least 1.'],
  [{ layerNorm: 1 }, 'layerNorm: got 1, expected true or false.'],
  [{ queryPrefix: null }, 'queryPrefix: got null, expected a string.'],
  [{ documentPrefix: 3 }, 'documentPrefix: got 3, expected a string.'],
  [{ maxTokens: -1 }, 'maxTokens: got -1, expected a whole number of at least 1.'],
  [{ batchSize: '16' }, 'batchSize: got "16", expected a whole number of at least 1.'],
  [{ quantized: 'q8' }, 'quantized: got "q8", expected true or false.'],
  [{ cacheDirectory: 5 }, 'cacheDirectory: got 5, expected a string that is not empty.'],
  [{ onProgress: true }, 'onProgress: got true, expected a function.'],
])('%j is refused', (options, message) => {
  expect(() => new MatryoshkaEmbeddings(options as MatryoshkaEmbeddingsOptions)).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
  );
});

test('undefined stands for the default', () => {
  expect(new MatryoshkaEmbeddings({ batchSize: undefined } as object)).toBeDefined();
});
