import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { addInBlocks } from './add-in-blocks.ts';
import { ExactIndex } from './exact-index.ts';

const random = seededRandom(4);
const vectors = Array.from({ length: 1000 }, () =>
  Float32Array.from({ length: 6 }, () => gaussian(random)),
);
const matrix = {
  rows: 1000,
  columns: 6,
  data: Float32Array.from(vectors.flatMap((vector) => [...vector])),
};

describe.each([
  ['a matrix', matrix],
  ['a list', vectors],
])('addInBlocks of %s', (_, given) => {
  it('adds what adding at once adds, and lets others run meanwhile', async () => {
    const index = new ExactIndex(6);
    index.add(vectors.slice(0, 3));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const stages: number[] = [];
    const first = await addInBlocks(index, given, { onProgress: ({ done }) => stages.push(done) });
    clearInterval(timer);
    expect(first).toBe(3);
    expect(turns).toBeGreaterThan(0);
    expect(stages.at(-1)).toBe(1000);
    const whole = new ExactIndex(6);
    whole.add(vectors.slice(0, 3));
    whole.add(vectors);
    expect(index.search(vectors[7], { k: 50 })).toEqual(whole.search(vectors[7], { k: 50 }));
  });

  it('adds nothing when aborted', async () => {
    const index = new ExactIndex(6);
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) =>
      done > 0 && controller.abort(new Error('enough'));
    await expect(
      addInBlocks(index, given, { signal: controller.signal, onProgress }),
    ).rejects.toThrow('enough');
    expect(index.rows).toBe(0);
  });
});

it('adds nothing when a callback throws, also the last time', async () => {
  for (const when of [0, 1000]) {
    const index = new ExactIndex(6);
    const onProgress = ({ done }: { done: number }) => {
      if (done === when) throw new Error('not today');
    };
    await expect(addInBlocks(index, vectors, { onProgress })).rejects.toThrow('not today');
    expect(index.rows).toBe(0);
  }
});

it('adds nothing when a late vector is wrong', async () => {
  const index = new ExactIndex(6);
  await expect(addInBlocks(index, vectors.with(990, Float32Array.of(1)))).rejects.toMatchObject({
    code: 'dimension-mismatch',
  });
  expect(index.rows).toBe(0);
  expect(await addInBlocks(index, [])).toBe(index.add(vectors.slice(0, 1)));
});
