import { expect, it } from 'vitest';
import { tune } from '../tuning/tune.ts';
import type { TuneOptions } from '../tuning/tuning-options.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { tuneInThread } from './tune-in-thread.ts';

const random = seededRandom(2);
const vectors = Array.from({ length: 400 }, () =>
  Array.from({ length: 16 }, (_, j) => gaussian(random) / (1 + j)),
);
const options: TuneOptions = { bits: 16, rerank: 20, candidates: ['sign', 'itq'] };

it('chooses what tune chooses', async () => {
  const stages = new Set<string>();
  const onProgress = ({ stage }: { stage: string }) => stages.add(stage);
  const queries = vectors.slice(0, 60);
  const there = await tuneInThread(vectors, { ...options, queries, onProgress });
  const here = await tune(vectors, { ...options, queries });
  expect(there.quantizer.save()).toEqual(here.quantizer.save());
  const untimed = ({ table, reason, scoring }: typeof here) => ({
    reason,
    scoring,
    table: table.map((row) => ({ ...row, fitSeconds: 0 })),
  });
  expect(untimed(there)).toEqual(untimed(here));
  expect(stages).toContain('tune');
});

it('refuses what tune refuses, and stops when it is told to', async () => {
  const both = tuneInThread(vectors, { ...options, bytesPerVector: 9 });
  await expect(both).rejects.toMatchObject({ code: 'invalid-option' });
  await expect(tuneInThread([], options)).rejects.toMatchObject({ code: 'empty-input' });
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('enough');
  const onProgress = () => controller.abort(reason);
  await expect(tuneInThread(vectors, { ...options, signal, onProgress })).rejects.toBe(reason);
});
