import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from '@xenova/transformers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bundledModel } from './bundled-model.ts';
import { loadModel } from './load-model.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitryoshka-model-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function copyModel(name: string): string {
  const copy = join(folder, name);
  cpSync(bundledModel, copy, { recursive: true });
  return copy;
}

/** The library prints what it also throws. */
function silenceLibrary(): void {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
}

const quantized = true;

describe('a folder', () => {
  test('loads, counting its files', async () => {
    const counts: [number, number][] = [];
    const model = await loadModel(bundledModel, {
      quantized,
      onFile: (done, total) => counts.push([done, total]),
    });
    expect(model.inputNames).toEqual(['input_ids']);
    expect(model.config.vocab_size).toBe(30_522);
    expect(counts[0]).toEqual([0, 1]);
    expect(counts.at(-1)).toEqual([4, 4]);
  });

  test('that is missing is not looked for on the hub', async () => {
    const fetch = vi.fn();
    vi.stubGlobal('fetch', fetch);
    for (const missing of ['./no-such-model', join(folder, 'none')]) {
      await expect(loadModel(missing, { quantized })).rejects.toMatchObject({
        code: 'model-not-found',
        message: expect.stringContaining('is no folder'),
      });
    }
    expect(fetch).not.toHaveBeenCalled();
  });

  test('without a file says which', async () => {
    const copy = copyModel('incomplete');
    rmSync(join(copy, 'tokenizer.json'));
    await expect(loadModel(copy, { quantized })).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringMatching(/has no tokenizer\.json, expected/),
    });
  });

  test('with only the other weights says which option to set', async () => {
    await expect(loadModel(bundledModel, { quantized: false })).rejects.toMatchObject({
      code: 'model-not-found',
      remedy: expect.stringContaining('quantized: true'),
    });
  });

  test.each(['onnx/model_quantized.onnx', 'tokenizer.json', 'config.json'])(
    'with a damaged %s fails, and keeps the cause',
    async (file) => {
      silenceLibrary();
      const copy = copyModel('damaged');
      const bytes = readFileSync(join(copy, file));
      writeFileSync(join(copy, file), bytes.subarray(0, bytes.length / 2));
      const error = await loadModel(copy, { quantized }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'model-failed',
        message: expect.stringContaining('"damaged"'),
      });
      expect((error as Error).cause).toBeInstanceOf(Error);
    },
  );

  test('does not change the settings of the library for others, loaded or failed', async () => {
    silenceLibrary();
    const { backends: _, ...before } = env;
    const damaged = copyModel('damaged');
    writeFileSync(join(damaged, 'tokenizer.json'), '{');
    const results = await Promise.allSettled([
      loadModel(copyModel('one'), { quantized }),
      loadModel(damaged, { quantized }),
      loadModel(bundledModel, { quantized }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(env).toMatchObject(before);
  });

  test('wins over a cached hub model of the same name', async () => {
    silenceLibrary();
    const { cacheDir } = env;
    env.cacheDir = join(folder, 'cache');
    try {
      cpSync(bundledModel, join(folder, 'cache', 'same'), { recursive: true });
      writeFileSync(join(folder, 'cache', 'same', 'tokenizer.json'), '{');
      const model = await loadModel(copyModel('same'), { quantized });
      expect(model.tokenizer.model.vocab).toHaveLength(30_522);
    } finally {
      env.cacheDir = cacheDir;
    }
  });
});

describe('a hub id', () => {
  test('without a network says so and keeps the cause', async () => {
    const cause = new TypeError('fetch failed', { cause: new Error('ENOTFOUND') });
    vi.stubGlobal('fetch', () => Promise.reject(cause));
    await expect(
      loadModel('nobody/nothing', { quantized, cacheDirectory: folder }),
    ).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining('hub could not be reached'),
      remedy: expect.stringMatching(/local folder.*bundled model/),
      cause,
    });
  });

  test('that the hub does not know says so', async () => {
    vi.stubGlobal('fetch', async () => new Response('', { status: 404 }));
    await expect(
      loadModel('nobody/nothing', { quantized, cacheDirectory: folder }),
    ).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining('does not give out "nobody/nothing"'),
    });
  });

  test('is downloaded once and then read from the cache directory', async () => {
    const fetched: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      fetched.push(url);
      return new Response(readFileSync(join(bundledModel, url.split('/resolve/main/')[1])));
    });
    const options = { quantized, cacheDirectory: join(folder, 'cache') };
    await loadModel('somebody/something', options);
    expect(fetched).toHaveLength(4);
    const again = await loadModel('somebody/something', options);
    expect(fetched).toHaveLength(4);
    expect(again.config.bitryoshka?.kind).toBe('static');
  });
});
