import { expect, it } from 'vitest';
import { seededRandom } from '../vectors/random.ts';
import { chooseDepth, deepened } from './choose-depth.ts';
import type { SearchDepth } from './search-depth.ts';

const random = seededRandom(5);
const depths = Array.from({ length: 40 }, (_, i) => ({ rerank: 10 * (i + 1) }));
const questions = { rows: 300, columns: 1, data: Float32Array.from({ length: 300 }, (_, i) => i) };
/** How far one has to look for each of the ten nearest of each question, as if by codes. */
const places = Array.from({ length: 300 }, () =>
  Array.from({ length: 10 }, () => 3 / (random() + 0.001)),
);
const nearest = places.map((_, question) =>
  Array.from({ length: 10 }, (_, i) => 10 * question + i),
);

/** @param missed from which neighbour on none is found, however far one looks */
function choose(targetRecall: number, known = 300, missed = 10) {
  const asked: SearchDepth[] = [];
  const answer = ([question]: Float32Array, depth: SearchDepth) => {
    asked.push(depth);
    return nearest[question]
      .filter((_, i) => i < missed && places[question][i] <= (depth.rerank ?? 0))
      .map((row) => ({ row, score: 1 }));
  };
  const share = (wanted: readonly number[], found: readonly { row: number }[]) =>
    wanted.length === 0
      ? undefined
      : found.filter(({ row }) => wanted.includes(row)).length / wanted.length;
  const given = {
    questions,
    depths,
    nearest: nearest.slice(0, known),
    answer,
    share,
    targetRecall,
  };
  return chooseDepth(given, {}).then((choice) => ({ ...choice, asked }));
}

it('is the least that finds enough, by more than chance', async () => {
  const { depth, recall, asked } = await choose(0.95);
  expect(recall).toBeGreaterThan(0.95);
  const below = places.flat().filter((place) => place <= (depth.rerank ?? 0) - 20).length / 3000;
  expect(below).toBeLessThan(0.955);
  // Not one after the other.
  expect(asked.length).toBeLessThanOrEqual(8 * 300);
});

it('is the farthest where none finds enough', async () => {
  expect(await choose(0.999)).toMatchObject({ depth: depths[39] });
});

it('is about the same where the truth is known of some', async () => {
  const whole = await choose(0.95);
  const some = await choose(0.95, 100);
  const difference = (some.depth.rerank ?? 0) - (whole.depth.rerank ?? 0);
  expect(Math.abs(difference)).toBeLessThanOrEqual(20);
  expect(some.recall).toBeCloseTo(whole.recall, 1);
});

it('counts what is never found for those whose truth is unknown as well', async () => {
  const { depth, recall } = await choose(0.95, 100, 9);
  expect(depth).toBe(depths[39]);
  expect(recall).toBeLessThan(0.91);
});

it('looks farther for more neighbours, unless a search says how far', () => {
  const depth = { candidates: 200, rerank: 100 };
  expect(deepened(depth, { k: 5 })).toEqual({ k: 5, ...depth });
  expect(deepened(depth, { k: 25 })).toEqual({ k: 25, candidates: 500, rerank: 250 });
  const said = { k: 25, oversampling: 2 };
  expect(deepened(depth, said)).toBe(said);
  expect(deepened(undefined, { k: 5 })).toEqual({ k: 5 });
});
