import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
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
])('addAsync of %s', (_, given) => {
  it('adds what adding at once adds', async () => {
    const index = new ExactIndex(6);
    index.add(vectors.slice(0, 3));
    const stages: number[] = [];
    const first = await index.addAsync(given, { onProgress: ({ done }) => stages.push(done) });
    expect(first).toBe(3);
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
    await expect(index.addAsync(given, { signal: controller.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    expect(index.rows).toBe(0);
  });
});

it('lets others run meanwhile', async () => {
  const index = new ExactIndex(96);
  const many = { rows: 50_000, columns: 96, data: new Float32Array(50_000 * 96).fill(0.5) };
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await index.addAsync(many);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});

it('adds nothing when a callback throws, also the last time', async () => {
  for (const when of [0, 1000]) {
    const index = new ExactIndex(6);
    const onProgress = ({ done }: { done: number }) => {
      if (done === when) throw new Error('not today');
    };
    await expect(index.addAsync(vectors, { onProgress })).rejects.toThrow('not today');
    expect(index.rows).toBe(0);
  }
});

it('adds nothing when a late vector is wrong', async () => {
  const index = new ExactIndex(6);
  await expect(index.addAsync(vectors.with(990, Float32Array.of(1)))).rejects.toMatchObject({
    code: 'dimension-mismatch',
  });
  expect(index.rows).toBe(0);
  expect(await index.addAsync([])).toBe(index.add(vectors.slice(0, 1)));
});
