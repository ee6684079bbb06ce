import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { row } from '@bitryoshka/core';
import { encodeSafetensorsHeader } from '@bitryoshka/core/internal';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { MatryoshkaEmbeddings } from '../embeddings/matryoshka-embeddings.ts';
import type { MatryoshkaEmbeddingsOptions } from '../embeddings/matryoshka-embeddings-options.ts';
import type { LibraryEnvironment, TransformersLibrary } from './library.ts';
import { meanOf, tinyIds, tinyTokenVectors, writeTinyModel } from './tiny-model.suite.ts';

const shared = new URL('../../../../../shared/', import.meta.url);
const miniLm = fileURLToPath(new URL('models/all-MiniLM-L6-v2', shared));

/** What every supported library must do. One library in each process: they do not share their native parts. */
export function transformersSuite(version: number, transformers: TransformersLibrary): void {
  const env = transformers.env as LibraryEnvironment;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-transformers-'));
    // Version 3 gives the failure of its very first session to all later ones.
    await embeddings(model('first')).embedQuery('a');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(() => {
    vi.restoreAllMocks();
  });

  function model(name: string, options: Parameters<typeof writeTinyModel>[1] = {}): string {
    const path = join(folder, name);
    writeTinyModel(path, options);
    return path;
  }

  function embeddings(
    path: string,
    options: MatryoshkaEmbeddingsOptions = {},
  ): MatryoshkaEmbeddings {
    return new MatryoshkaEmbeddings({ model: path, transformers, normalize: false, ...options });
  }

  function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
    expect(got.length).toBe(expected.length);
    expected.forEach((value, j) => {
      expect(got[j]).toBeCloseTo(value, 4);
    });
  }

  test(`version ${version} is what is tested`, () => {
    expect(Number.parseInt(env.version, 10)).toBe(version);
  });

  describe('vectors', () => {
    const texts = ['river', 'a longer one', 'two words', 'b'];

    test.each([
      ['mean', (vectors: number[][]) => meanOf(vectors)],
      ['cls', (vectors: number[][]) => vectors[0]],
      ['last-token', (vectors: number[][]) => vectors.at(-1)],
    ] as const)('are pooled by %s, whatever the padding', async (pooling, expected) => {
      const matrix = await embeddings(model('plain'), { pooling, batchSize: 3 }).embedMatrix(
        texts,
        'document',
      );
      for (const [i, text] of texts.entries()) {
        expectClose(row(matrix, i), expected(tinyTokenVectors(tinyIds(text))) as number[]);
      }
    });

    test('are those that a graph pools by itself, unless pooling is asked for', async () => {
      const path = model('pooled', { isPooled: true });
      const mean = meanOf(tinyTokenVectors(tinyIds('two words')));
      const inside = mean.map((value) => value / 1.1);
      expectClose(
        await embeddings(path).embedQuery('two words'),
        inside.map((value) => 100 * value * value),
      );
      expectClose(await embeddings(path, { pooling: 'mean' }).embedQuery('two words'), mean);
    });

    test('of the export that dtype or quantized names', async () => {
      const path = model('plain');
      const whole = meanOf(tinyTokenVectors(tinyIds('river'), 'fp32'));
      expectClose(await embeddings(path, { dtype: 'fp32' }).embedQuery('river'), whole);
      expectClose(await embeddings(path, { quantized: false }).embedQuery('river'), whole);
      const small = meanOf(tinyTokenVectors(tinyIds('river'), 'q8'));
      expectClose(await embeddings(path, { dtype: 'q8' }).embedQuery('river'), small);
    });

    test('of long texts keep the closing token', async () => {
      const cut = await embeddings(model('plain'), { maxTokens: 5 }).embedQuery('a b c d e f');
      expectClose(cut, meanOf(tinyTokenVectors(tinyIds('a b c'))));
    });
  });

  describe('the model\u2019s own files', () => {
    const pooling = (mode: string, more: object = {}) =>
      JSON.stringify({ word_embedding_dimension: 4, [`pooling_mode_${mode}`]: true, ...more });

    test('say how to pool, in the old form and the new', async () => {
      const first = tinyTokenVectors(tinyIds('two words'))[0] as number[];
      const old = model('cls', { files: { '1_Pooling/config.json': pooling('cls_token') } });
      expectClose(await embeddings(old).embedQuery('two words'), first);
      const last = tinyTokenVectors(tinyIds('two words')).at(-1) as number[];
      const modern = model('last', {
        files: { '1_Pooling/config.json': JSON.stringify({ pooling_mode: 'lasttoken' }) },
      });
      expectClose(await embeddings(modern).embedQuery('two words'), last);
      expectClose(await embeddings(old, { pooling: 'last-token' }).embedQuery('two words'), last);
    });

    test('that ask for another pooling are refused', async () => {
      const path = model('max', { files: { '1_Pooling/config.json': pooling('max_tokens') } });
      await expect(embeddings(path).embedQuery('river')).rejects.toMatchObject({
        code: 'not-supported',
        message: expect.stringContaining('pooling_mode_max_tokens'),
      });
      await expect(embeddings(path, { pooling: 'mean' }).embedQuery('river')).resolves.toHaveLength(
        4,
      );
    });

    const modules = (...types: string[]) =>
      JSON.stringify(
        types.map((type, idx) => ({
          idx,
          name: String(idx),
          path: idx === 0 ? '' : `${idx}_${type}`,
          type: `sentence_transformers.models.${type}`,
        })),
      );
    const dense = (activation: string) =>
      JSON.stringify({
        in_features: 4,
        out_features: 3,
        bias: true,
        activation_function: `torch.nn.modules.linear.${activation}`,
      });
    const weights = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i));
    const bias = Float32Array.of(0.5, -0.25, 0.125);

    test('put Dense modules behind the pooling', async () => {
      const path = model('dense', {
        files: {
          'modules.json': modules('Transformer', 'Pooling', 'Dense', 'Dense', 'Normalize'),
          '1_Pooling/config.json': pooling('mean_tokens'),
          '2_Dense/config.json': dense('Identity'),
          '2_Dense/model.safetensors': linear(weights, [3, 4], bias),
          '3_Dense/config.json': dense('Tanh'),
          '3_Dense/model.safetensors': linear(weights.slice(0, 6), [2, 3]),
        },
      });
      const mean = meanOf(tinyTokenVectors(tinyIds('two words')));
      const first = multiply(weights, mean, 3).map((value, i) => value + (bias[i] as number));
      const expected = multiply(weights, first, 2).map(Math.tanh);
      expectClose(await embeddings(path).embedQuery('two words'), expected);
    });

    test('with Dense modules whose weights are missing are refused, never skipped', async () => {
      const path = model('no-dense', {
        files: {
          'modules.json': modules('Transformer', 'Pooling', 'Dense'),
          '2_Dense/config.json': dense('Identity'),
        },
      });
      await expect(embeddings(path).embedQuery('river')).rejects.toMatchObject({
        code: 'model-failed',
        message: expect.stringContaining('2_Dense/model.safetensors'),
      });
    });

    test.each([
      ['a Dense module with another activation', { '2_Dense/config.json': dense('GELU') }, 'GELU'],
      ['another module', { 'modules.json': modules('Transformer', 'Pooling', 'CNN') }, 'CNN'],
    ])('with %s are refused, unless the graph pools by itself', async (_, more, named) => {
      const files = { 'modules.json': modules('Transformer', 'Pooling', 'Dense'), ...more };
      const path = model(`unsupported-${named}`, { files });
      await expect(embeddings(path).embedQuery('river')).rejects.toMatchObject({
        code: 'not-supported',
        message: expect.stringContaining(named),
      });
      const pooled = model(`pooled-${named}`, { files, isPooled: true });
      await expect(embeddings(pooled).embedQuery('river')).resolves.toHaveLength(4);
    });

    test('say what goes before queries and documents', async () => {
      const path = model('prompts', {
        files: {
          'config_sentence_transformers.json': JSON.stringify({
            prompts: { query: 'a b: ', passage: 'c: ', document: 'd: ' },
          }),
        },
      });
      const prompted = embeddings(path);
      const of = (text: string) => meanOf(tinyTokenVectors(tinyIds(text)));
      expectClose(await prompted.embedQuery('river'), of('a b : river'));
      expectClose((await prompted.embedDocuments(['river']))[0] as number[], of('d : river'));
      const bare = embeddings(path, { queryPrefix: '' });
      expectClose(await bare.embedQuery('river'), of('river'));
    });

    test('say how many tokens it was trained to read', async () => {
      const path = model('short', {
        files: { 'sentence_bert_config.json': JSON.stringify({ max_seq_length: 4 }) },
      });
      const expected = meanOf(tinyTokenVectors(tinyIds('a b')));
      expectClose(await embeddings(path).embedQuery('a b c d'), expected);
      await expect(embeddings(path, { maxTokens: 65 }).embedQuery('a')).rejects.toMatchObject({
        code: 'invalid-option',
      });
    });

    test('that lead out of the model are refused', async () => {
      const path = model('escape', {
        files: { 'modules.json': '[{"type":"Pooling","path":"../dense/1_Pooling"}]' },
      });
      await expect(embeddings(path).embedQuery('a')).rejects.toMatchObject({
        code: 'model-failed',
        message: expect.stringContaining('../dense/1_Pooling'),
      });
    });

    test('with weights of another shape are refused', async () => {
      const path = model('forged', {
        files: {
          'modules.json': '[{"type":"Dense","path":"2_Dense"}]',
          '2_Dense/model.safetensors': linear(new Float32Array(0), [20_000_000, 4, 0]),
        },
      });
      await expect(embeddings(path).embedQuery('a')).rejects.toMatchObject({
        code: 'model-failed',
      });
    });

    test('that are damaged are named', async () => {
      const path = model('broken-json', { files: { 'modules.json': '{' } });
      await expect(embeddings(path).embedQuery('a')).rejects.toMatchObject({
        code: 'model-failed',
        message: expect.stringContaining('modules.json'),
      });
    });
  });

  describe('fingerprints', () => {
    test('tell files and options apart, and nothing else', async () => {
      const path = model('plain');
      const plain = await embeddings(path).fingerprint();
      expect(plain).toMatch(/^[0-9a-f]{32}$/);
      expect(await embeddings(model('copy'), { batchSize: 3 }).fingerprint()).toBe(plain);
      const others = [
        embeddings(path, { dtype: 'fp32' }),
        embeddings(path, { pooling: 'cls' }),
        embeddings(path, { dimensions: 2 }),
        embeddings(path, { queryPrefix: 'q: ' }),
        embeddings(path, { maxTokens: 9 }),
        embeddings(path, { normalize: true }),
        embeddings(path, { layerNorm: true }),
        embeddings(model('pooling', { files: { '1_Pooling/config.json': pooled('lasttoken') } })),
        embeddings(model('pooled-alone', { isPooled: true })),
        ...['Identity', 'Tanh'].map((activation) =>
          embeddings(
            model(`dense-${activation}`, {
              files: {
                'modules.json': '[{"type":"Dense","path":"2_Dense"}]',
                '2_Dense/config.json': JSON.stringify({ activation_function: activation }),
                '2_Dense/model.safetensors': linear(new Float32Array(8).fill(1), [2, 4]),
              },
            }),
          ),
        ),
      ];
      const prints = await Promise.all(others.map((other) => other.fingerprint()));
      expect(new Set([plain, ...prints]).size).toBe(others.length + 1);
      // What is said is what would be done in any case.
      const said = { pooling: 'mean', dtype: 'q8', queryPrefix: '' } as const;
      expect(await embeddings(path, said).fingerprint()).toBe(plain);
    });
  });

  describe('a folder', () => {
    test('without a file says which', async () => {
      const path = model('incomplete');
      rmSync(join(path, 'tokenizer.json'));
      await expect(embeddings(path).embedQuery('a')).rejects.toMatchObject({
        code: 'model-not-found',
        message: expect.stringMatching(/has no tokenizer\.json, expected/),
      });
    });

    test('with only other weights says which option to set', async () => {
      const path = model('other-weights');
      rmSync(join(path, 'onnx/model_quantized.onnx'));
      await expect(embeddings(path).embedQuery('a')).rejects.toMatchObject({
        code: 'model-not-found',
        remedy: expect.stringContaining("'fp32'"),
      });
    });

    test.each(['onnx/model_quantized.onnx', 'tokenizer.json'])(
      'with a damaged %s fails, and keeps the cause',
      async (file) => {
        silenceLibrary();
        const path = model(`damaged-${file.replaceAll('/', '-')}`);
        const bytes = readFileSync(join(path, file));
        writeFileSync(join(path, file), bytes.subarray(0, bytes.length / 2));
        const error = await embeddings(path)
          .embedQuery('a')
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'model-failed' });
        expect((error as Error).cause).toBeDefined();
      },
    );

    test('does not change the settings of the library for others, loaded or failed', async () => {
      silenceLibrary();
      const settings = () => JSON.stringify({ ...env, backends: undefined });
      const before = settings();
      const damaged = model('damaged-tokenizer');
      writeFileSync(join(damaged, 'tokenizer.json'), '{');
      const results = await Promise.allSettled(
        [model('one'), damaged, model('two')].map((path) => embeddings(path).embedQuery('a')),
      );
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(settings()).toBe(before);
    });
  });

  test.each([
    ['a URL', 'http://127.0.0.1:9/models/tiny'],
    ['files', { 'config.json': '{}' }],
  ])('is not read from %s', async (_, given) => {
    const fetch = vi
      .spyOn(globalThis, 'fetch')
      .mockResolvedValue(new Response('', { status: 404 }));
    await expect(
      new MatryoshkaEmbeddings({ model: given, transformers }).embedQuery('a'),
    ).rejects.toMatchObject({ code: 'not-supported', remedy: expect.stringContaining('folder') });
    fetch.mockRestore();
  });

  describe('a hub id', () => {
    test('is read from the hub once, with its settings, and then from the cache', async () => {
      const path = model('on-the-hub', {
        files: {
          '1_Pooling/config.json': pooled('cls_token'),
          'config_sentence_transformers.json': JSON.stringify({ prompts: { query: 'a: ' } }),
        },
      });
      const { remoteHost } = env;
      const asked: string[] = [];
      const server = createServer((request, response) => {
        const file = String(request.url).split('/resolve/main/')[1] ?? '';
        asked.push(file);
        const local = join(path, file);
        if (existsSync(local)) response.end(readFileSync(local));
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      env.remoteHost = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const options = { cacheDirectory: join(folder, 'cache'), transformers, normalize: false };
      const expected = tinyTokenVectors(tinyIds('a : river'))[0] as number[];
      try {
        const first = new MatryoshkaEmbeddings({ model: 'somebody/something', ...options });
        expectClose(await first.embedQuery('river'), expected);
        expect(asked).toContain('1_Pooling/config.json');
        const print = await first.fingerprint();
        // Whatever some versions ask again, what is asked here is kept, also what is not there.
        await vi.waitFor(() => {
          const kept = join(folder, 'cache/somebody/something/bitryoshka-settings.json');
          expect(readFileSync(kept, 'utf8')).toContain('sentence_bert_config.json');
        });
        server.close();
        server.closeAllConnections();
        silenceLibrary();
        const warnings: string[] = [];
        const again = new MatryoshkaEmbeddings({
          model: 'somebody/something',
          ...options,
          onWarning: (message) => warnings.push(message),
        });
        expectClose(await again.embedQuery('river'), expected);
        expect(await again.fingerprint()).toBe(print);
        expect(warnings).toEqual([]);
      } finally {
        env.remoteHost = remoteHost;
        server.close();
      }
    });

    test('is also read where the library keeps local models, with its settings', async () => {
      const path = join(folder, 'local/own/tiny');
      writeTinyModel(path, { files: { '1_Pooling/config.json': pooled('cls_token') } });
      const { localModelPath } = env;
      env.localModelPath = join(folder, 'local');
      try {
        const local = embeddings('own/tiny', { onWarning: () => {} });
        expectClose(
          await local.embedQuery('two words'),
          tinyTokenVectors(tinyIds('two words'))[0] as number[],
        );
      } finally {
        env.localModelPath = localModelPath;
      }
    });

    test('whose hub answers with a page has no settings that are kept, and warns', async () => {
      const cache = join(folder, 'captive');
      writeTinyModel(join(cache, 'own/tiny'));
      const { remoteHost } = env;
      let settings = '<html>log in</html>';
      const server = createServer((request, response) => {
        if (!String(request.url).endsWith('1_Pooling/config.json')) response.writeHead(404).end();
        else if (settings.startsWith('<')) {
          response.writeHead(200, { 'content-type': 'text/html' }).end(settings);
        } else response.end(settings);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      env.remoteHost = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      try {
        const warnings: string[] = [];
        const options = {
          cacheDirectory: cache,
          onWarning: (message: string) => warnings.push(message),
        };
        await embeddings('own/tiny', options).embedQuery('two words');
        expect(warnings).toEqual([expect.stringContaining('got a page of HTML')]);
        settings = pooled('cls_token');
        expectClose(
          await embeddings('own/tiny', options).embedQuery('two words'),
          tinyTokenVectors(tinyIds('two words'))[0] as number[],
        );
        expect(warnings).toHaveLength(1);
      } finally {
        env.remoteHost = remoteHost;
        server.close();
        server.closeAllConnections();
      }
    });

    test('whose settings cannot be known warns', async () => {
      const cache = join(folder, 'offline');
      writeTinyModel(join(cache, 'own/tiny'));
      const { allowRemoteModels } = env;
      env.allowRemoteModels = false;
      try {
        const warnings: string[] = [];
        const onWarning = (message: string) => warnings.push(message);
        await embeddings('own/tiny', { cacheDirectory: cache, onWarning }).embedQuery('a');
        expect(warnings).toEqual([expect.stringContaining('env.allowRemoteModels is false')]);
      } finally {
        env.allowRemoteModels = allowRemoteModels;
      }
    });

    test('without a network says so and keeps the cause', async () => {
      silenceLibrary();
      const { remoteHost } = env;
      env.remoteHost = 'http://127.0.0.1:9/';
      try {
        const options = { model: 'nobody/nothing', cacheDirectory: folder, onWarning: () => {} };
        const error = await embeddings('nobody/nothing', options)
          .embedQuery('a')
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'model-not-found',
          message: expect.stringContaining('nobody/nothing'),
          remedy: expect.stringMatching(/local folder.*bundled model/),
        });
        expect((error as Error).cause).toBeDefined();
      } finally {
        env.remoteHost = remoteHost;
      }
    });
  });

  test('a model can be let go of and loaded again', async () => {
    const again = embeddings(model('plain'));
    const before = await again.embedQuery('river');
    await again.dispose();
    expect(await again.embedQuery('river')).toEqual(before);
    await again.dispose();
  });

  describe.skipIf(!existsSync(miniLm))(
    'MiniLM gives its stored vectors (skipped without ../shared)',
    () => {
      const data = new URL('data/scifact/', shared);
      const lines = (file: string) =>
        readFileSync(new URL(file, data), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { title?: string; text: string })
          .map(({ title = '', text }) => `${title} ${text}`.trim());
      const stored = (file: string) =>
        new Float32Array(new Uint8Array(readFileSync(new URL(`minilm/${file}`, data))).buffer);

      test.each([
        ['document', 'corpus'],
        ['query', 'queries'],
      ] as const)('for each %s, the longest included', async (side, file) => {
        const texts = lines(`${file}.jsonl`);
        const vectors = stored(`${file}.f32`);
        const longest = Array.from(texts.keys()).sort((a, b) => texts[b].length - texts[a].length);
        const picked = [...texts.slice(0, 20).keys(), ...longest.slice(0, 20)];
        // One by one, as rounding within a batch depends on its other texts.
        const embedder = new MatryoshkaEmbeddings({ model: miniLm, transformers, batchSize: 1 });
        const matrix = await embedder.embedMatrix(
          picked.map((i) => texts[i]),
          side,
        );
        const cosines = picked.map((i, at) =>
          row(matrix, at).reduce((sum, value, j) => sum + value * vectors[i * 384 + j], 0),
        );
        expect(Math.min(...cosines)).toBeGreaterThan(0.9999);
        await embedder.dispose();
      });
    },
  );
}

function pooled(mode: string): string {
  return JSON.stringify({ [`pooling_mode_${mode}`]: true });
}

/** Libraries print what they also throw. */
function silenceLibrary(): void {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
}

function multiply(weights: Float32Array, vector: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, (_, i) =>
    vector.reduce((sum, value, j) => sum + value * (weights[i * vector.length + j] as number), 0),
  );
}

function linear(weight: Float32Array, shape: number[], bias?: Float32Array): Uint8Array {
  const tensors = [
    ...(bias ? [['linear.bias', { dtype: 'F32', shape: [bias.length] }, bias] as const] : []),
    ['linear.weight', { dtype: 'F32', shape }, weight] as const,
  ];
  const header = encodeSafetensorsHeader(
    tensors.map(([name, slot]) => [name, slot]),
    {},
  );
  return Buffer.concat([
    header,
    ...tensors.map(
      ([, , { buffer, byteOffset, byteLength }]) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  ]);
}
