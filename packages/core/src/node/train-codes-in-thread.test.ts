import { describe, expect, it } from 'vitest';
import { trainCodes } from '../quantizers/learned/train-codes.ts';
import type { TrainCodesOptions } from '../quantizers/learned/training-options.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { trainCodesInThread } from './train-codes-in-thread.ts';

const random = seededRandom(6);
const vectors = Array.from({ length: 500 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const options: TrainCodesOptions = { bits: 16, steps: 30 };

describe('trainCodesInThread', () => {
  it('trains the head that trainCodes trains, while this thread is free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const stages = new Set<string>();
    const onProgress = ({ stage }: { stage: string }) => stages.add(stage);
    const fit = await trainCodesInThread(vectors, { ...options, onProgress });
    clearInterval(timer);
    const expected = await trainCodes(vectors, options);
    expect(fit.quantizer.save()).toEqual(expected.quantizer.save());
    expect(fit.curve).toEqual(expected.curve);
    expect(stages).toContain('train');
    expect(turns).toBeGreaterThan(5);
  });

  it('learns from queries and pairs as trainCodes does', async () => {
    const queries = vectors.slice(0, 40).map((vector) => vector.map((value) => value + 0.1));
    const pairs = { queries, documents: vectors.slice(0, 40), negatives: vectors.slice(40, 80) };
    const learning = { ...options, queries, pairs };
    const fit = await trainCodesInThread(vectors, learning);
    expect(fit.quantizer.save()).toEqual((await trainCodes(vectors, learning)).quantizer.save());
    const { negatives: _, ...fewer } = pairs;
    const other = await trainCodesInThread(vectors, { ...options, queries, pairs: fewer });
    expect(fit.curve).not.toEqual(other.curve);
  });

  it('goes on from a checkpoint as if it had not been interrupted', async () => {
    const checkpoints: Uint8Array[] = [];
    const whole = await trainCodesInThread(vectors, {
      ...options,
      onCheckpoint: (bytes) => checkpoints.push(bytes),
    });
    const half = checkpoints[checkpoints.length >> 1];
    const resumed = await trainCodesInThread(vectors, { ...options, checkpoint: half });
    expect(resumed.quantizer.save()).toEqual(whole.quantizer.save());
    expect(resumed.curve).toEqual(whole.curve);
  });

  it('stops when it is told to, and passes errors on', async () => {
    const controller = new AbortController();
    const stopped = trainCodesInThread(vectors, {
      ...options,
      steps: 100_000,
      signal: controller.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'train' && done > 3) controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    const wrong = trainCodesInThread(vectors, { bits: 25 });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
