import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Progress } from '@bitryoshka/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../transformers/tiny-model.suite.ts';
import { MatryoshkaEmbeddings } from './matryoshka-embeddings.ts';

// Threads run what was compiled: a test of the sources would have nothing to start them with.
const built = new URL('../../dist/index.js', import.meta.url);
const texts = Array.from({ length: 40 }, (_, i) => `${'river '.repeat(i % 7)}word${i}`);

describe.skipIf(!existsSync(built))('in a thread (needs a build)', () => {
  let folder: string;
  const threaded = new MatryoshkaEmbeddings({ worker: true, onFailedAttempt: () => {} });
  const local = new MatryoshkaEmbeddings();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-thread-'));
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await threaded.dispose();
  });

  test('everything is as in this one', async () => {
    expect(await threaded.embedDocuments(texts)).toEqual(await local.embedDocuments(texts));
    expect(await threaded.embedQuery('river')).toEqual(await local.embedQuery('river'));
    expect(await threaded.fingerprint()).toBe(await local.fingerprint());
    expect(await threaded.coverage(texts)).toEqual(await local.coverage(texts));
    const here = await local.quantizer();
    expect((await threaded.quantizer())?.save()).toEqual(here?.save());
  });

  test('this one stays free', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `the river bank ${i} `.repeat(8));
    await threaded.embedQuery('starts the thread');
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    let turns = 0;
    const onProgress = () => turns++;
    await threaded.embedMatrix(many, 'document', { onProgress });
    clearInterval(timer);
    expect(turns).toBe(1250);
    expect(longest).toBeGreaterThan(0);
  });

  test('a transformer runs, by folder or URL, and its errors come back whole', async () => {
    const path = join(folder, 'tiny');
    writeTinyModel(path);
    const expected = await new MatryoshkaEmbeddings({ model: path }).embedQuery('river');
    for (const model of [path, pathToFileURL(path)]) {
      const embeddings = new MatryoshkaEmbeddings({ worker: true, model });
      expect(await embeddings.embedQuery('river')).toEqual(expected);
      await embeddings.dispose();
      expect(await embeddings.embedQuery('river')).toEqual(expected);
      await embeddings.dispose();
    }
    const missing = new MatryoshkaEmbeddings({ worker: true, model: './no-such-model' });
    const here = await new MatryoshkaEmbeddings({ model: './no-such-model' })
      .embedQuery('x')
      .catch((error: Error) => error.message);
    await expect(missing.embedQuery('x')).rejects.toMatchObject({
      code: 'model-not-found',
      message: here,
    });
    await missing.dispose();
  });

  test('progress and warnings are heard, aborts too', async () => {
    const seen: Progress[] = [];
    const warnings: string[] = [];
    const embeddings = new MatryoshkaEmbeddings({
      worker: true,
      dimensions: 100,
      onProgress: (progress) => seen.push(progress),
      onWarning: (message) => warnings.push(message),
    });
    await embeddings.embedDocuments(texts);
    expect(seen.at(-1)).toEqual({ stage: 'embed', done: 40, total: 40 });
    expect(warnings).toEqual([expect.stringContaining('cut to 100')]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = embeddings.embedDocuments(texts, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(aborted).rejects.toBe(reason);
    const thrown = embeddings.embedDocuments(texts, {
      onProgress: () => {
        throw reason;
      },
    });
    await expect(thrown).rejects.toBe(reason);
    expect(await embeddings.embedQuery('goes on')).toHaveLength(100);
    await embeddings.dispose();
  });

  test('a call while it is let go of starts another one', async () => {
    const embeddings = new MatryoshkaEmbeddings({ worker: true });
    const first = embeddings.embedDocuments(texts);
    const gone = embeddings.dispose();
    const second = embeddings.embedDocuments(texts);
    await gone;
    expect(await second).toEqual(await first);
    await embeddings.dispose();
  });

  test('a warning that throws fails the call', async () => {
    const reason = new Error('loud');
    const embeddings = new MatryoshkaEmbeddings({
      worker: true,
      dimensions: 100,
      onWarning: () => {
        throw reason;
      },
    });
    await expect(embeddings.embedDocuments(texts)).rejects.toBe(reason);
    await embeddings.dispose();
  });

  test('a module cannot be given to it', () => {
    expect(
      () => new MatryoshkaEmbeddings({ worker: true, transformers: { env: {} } as never }),
    ).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  });

  test('a program ends without letting go of it', () => {
    const program = `
      import { MatryoshkaEmbeddings } from '${built.href}';
      const embeddings = new MatryoshkaEmbeddings({ worker: true });
      console.log((await embeddings.embedQuery('river')).length);`;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env,
      timeout: 30_000,
    });
    expect(printed.trim()).toBe('256');
  });
});
