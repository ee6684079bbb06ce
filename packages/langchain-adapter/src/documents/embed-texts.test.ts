import type { Progress, TaskOptions } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { expect, test } from 'vitest';
import { embedTexts } from './embed-texts.ts';

const texts = Array.from({ length: 1200 }, (_, i) => `text ${i}`);

function counting(embed: (texts: string[]) => Promise<number[][]>) {
  const calls: number[] = [];
  const embeddings: EmbeddingsInterface = {
    embedQuery: async () => [0],
    embedDocuments: (slice) => {
      calls.push(slice.length);
      return embed(slice);
    },
  };
  return { calls, embeddings };
}

const numbers = async (slice: string[]) => slice.map((text) => [Number(text.slice(5))]);

test('embeddings of others embed in slices, in order, and the slices are reported', async () => {
  const { calls, embeddings } = counting(numbers);
  const seen: Progress[] = [];
  const vectors = await embedTexts(embeddings, texts, { onProgress: (at) => seen.push(at) });
  expect(vectors).toEqual(texts.map((_, i) => [i]));
  expect(calls).toEqual([512, 512, 176]);
  expect(seen.map(({ stage, done, total }) => [stage, done, total])).toEqual([
    ['embed', 512, 1200],
    ['embed', 1024, 1200],
    ['embed', 1200, 1200],
  ]);
  expect(await embedTexts(embeddings, [])).toEqual([]);
});

test('aborting asks for no further slice, and does not wait for the one that is under way', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const { calls, embeddings } = counting(async (slice) => {
    if (calls.length === 2) {
      queueMicrotask(() => controller.abort(reason));
      return new Promise(() => {});
    }
    return numbers(slice);
  });
  const embedding = embedTexts(embeddings, texts, { signal: controller.signal });
  await expect(embedding).rejects.toBe(reason);
  expect(calls).toEqual([512, 512]);
});

test('an abort between slices, or within one that is begun, is heard', async () => {
  const reason = new Error('enough');
  const between = new AbortController();
  const first = counting(numbers);
  const stopped = embedTexts(first.embeddings, texts, {
    signal: between.signal,
    onProgress: () => between.abort(reason),
  });
  await expect(stopped).rejects.toBe(reason);
  expect(first.calls).toEqual([512]);
  const within = new AbortController();
  const second = counting(() => {
    within.abort(reason);
    return new Promise(() => {});
  });
  const { signal } = within;
  await expect(embedTexts(second.embeddings, texts, { signal })).rejects.toBe(reason);
});

test.each([
  ['undefined', undefined],
  ['null for text 0', [null]],
  ['undefined for text 0', Array.from({ length: 1 })],
])('%s in place of vectors is refused', async (got, vectors) => {
  const { embeddings } = counting(async () => vectors as number[][]);
  await expect(embedTexts(embeddings, ['a'])).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining(`got ${got}`),
  });
});

test('an aborted signal starts nothing', async () => {
  const { calls, embeddings } = counting(numbers);
  const signal = AbortSignal.abort();
  await expect(embedTexts(embeddings, texts, { signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(calls).toEqual([]);
});

test('embeddings that take options are given all texts and both options', async () => {
  const given: { texts: string[]; options: TaskOptions | undefined }[] = [];
  const embeddings = {
    embedQuery: async () => [0],
    embedMatrix: () => {},
    embedDocuments: async (all: string[], options?: TaskOptions) => {
      given.push({ texts: all, options });
      return numbers(all);
    },
  };
  const { signal } = new AbortController();
  const onProgress = () => {};
  await embedTexts(embeddings, texts, { signal, onProgress });
  expect(given).toEqual([{ texts, options: { signal, onProgress } }]);
});

test.each([0, 2])('%s vectors for one text are refused', async (count) => {
  const { embeddings } = counting(async () => Array.from({ length: count }, () => [1]));
  await expect(embedTexts(embeddings, ['a'])).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining(`got ${count} vectors, expected 1`),
  });
});
