import { expect, test } from 'vitest';
import { MatryoshkaEmbeddings } from './matryoshka-embeddings.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

function make(options: Record<string, unknown>): MatryoshkaEmbeddings {
  return new MatryoshkaEmbeddings(options as MatryoshkaEmbeddingsOptions);
}

test.each<[Record<string, unknown>, string]>([
  [{ model: '' }, 'model: got "", expected a folder, a URL, a hub id, or files by name.'],
  [{ model: ['x'] }, 'model: got a list, expected'],
  [{ modelName: 7 }, 'modelName: got 7, expected a string that is not empty.'],
  [{ transformers: 'x' }, 'transformers: got "x", expected the module of a library.'],
  [{ pooling: 'max' }, 'pooling: got "max", expected one of mean, cls, last-token.'],
  [{ normalize: 'yes' }, 'normalize: got "yes", expected true or false.'],
  [{ dimensions: 0 }, 'dimensions: got 0, expected a whole number of at least 1.'],
  [{ dimensions: 1.5 }, 'dimensions: got 1.5, expected a whole number of at least 1.'],
  [{ adapter: {} }, 'adapter: got an object, expected an affine map.'],
  [{ layerNorm: 1 }, 'layerNorm: got 1, expected true or false.'],
  [{ queryPrefix: null }, 'queryPrefix: got null, expected a string.'],
  [{ documentPrefix: 3 }, 'documentPrefix: got 3, expected a string.'],
  [{ maxTokens: -1 }, 'maxTokens: got -1, expected a whole number of at least 1.'],
  [{ batchSize: '16' }, 'batchSize: got "16", expected a whole number of at least 1.'],
  [{ dtype: 'q9' }, 'dtype: got "q9", expected one of fp32, fp16, q8,'],
  [{ quantized: 'q8' }, 'quantized: got "q8", expected true or false.'],
  [
    { dtype: 'q8', quantized: false },
    "quantized: got false beside dtype 'q8', expected one of the two.",
  ],
  [{ model: 'a', modelName: 'b' }, 'modelName: got "b", expected none beside `model`'],
  [{ device: '' }, 'device: got "", expected a string that is not empty.'],
  [{ revision: 1 }, 'revision: got 1, expected a string that is not empty.'],
  [{ cacheDirectory: 5 }, 'cacheDirectory: got 5, expected a string that is not empty.'],
  [{ onProgress: true }, 'onProgress: got true, expected a function.'],
  [{ onWarning: {} }, 'onWarning: got an object, expected a function.'],
])('%j is refused', (options, message) => {
  expect(() => make(options)).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
  );
});

test.each([
  ['truncateDim', 'dimensions'],
  ['pipelineOptions', 'pooling` and `normalize'],
  ['pretrainedOptions', 'dtype'],
  ['cache_dir', 'cacheDirectory'],
])('%s, as others call it, is refused with the name that it has here', (key, name) => {
  expect(() => make({ [key]: {} })).toThrow(
    expect.objectContaining({
      code: 'invalid-option',
      message: expect.stringContaining(`${key}: no such option`),
      remedy: expect.stringContaining(`\`${name}`),
    }),
  );
});

test.each(['stripNewLines', 'timeout', 'toString', '__proto__x'])(
  'the unknown option %s is refused',
  (key) => {
    expect(() => make({ [key]: 1 })).toThrow(/no such option.*Correct its name/);
  },
);

test.each([
  ['a URL', new URL('https://a.example/')],
  ['a list', []],
  ['a Map', new Map([['dimensions', 64]])],
  ['a number', 5],
  ['null', null],
  [
    'an object of a class',
    new (class {
      dimensions = 64;
    })(),
  ],
])('%s in place of options is refused', (_, options) => {
  expect(() => make(options as never)).toThrow(/options: got .*expected a plain object/);
});

test('what LangChain gives to all embeddings is taken, and undefined stands for the default', () => {
  expect(make({ maxConcurrency: 2, maxRetries: 1, onFailedAttempt: () => {} })).toBeDefined();
  expect(make({ batchSize: undefined, unknown: undefined })).toBeDefined();
});

test.each([
  [{ pooling: 'cls' }, 'pooling: got cls'],
  [{ dtype: 'fp32' }, 'dtype: got fp32'],
  [{ quantized: false }, 'quantized: got false'],
  [{ device: 'webgpu' }, 'device: got webgpu'],
  [{ revision: 'v2' }, 'revision: got v2'],
  [{ cacheDirectory: '/tmp' }, 'cacheDirectory: got /tmp'],
])(
  '%j, which the bundled model has not, is refused by the first call',
  async (options, message) => {
    await expect(make(options).embedQuery('x')).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(message),
    });
  },
);

test('what the bundled model does in any case may be said', async () => {
  const said = make({ pooling: 'mean', dtype: 'q8', quantized: true, device: 'cpu' });
  expect(await said.embedQuery('x')).toEqual(await make({}).embedQuery('x'));
});
