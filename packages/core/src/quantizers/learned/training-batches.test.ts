import { expect, it } from 'vitest';
import { unitPairs } from '../../training/training-pairs.ts';
import { seededRandom } from '../../vectors/random.ts';
import { pairDrawer } from './training-batches.ts';

const pairs = {
  // The first query has two answers; the last two pairs have the same one.
  queries: [
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  documents: [
    [1, 1, 0],
    [1, 0, 1],
    [0, 1, 1],
    [0, 1, 1],
  ],
};

it('holds no answer of a query against it', async () => {
  const draw = await pairDrawer(unitPairs(pairs, 3), 1, {});
  const { batch } = draw(seededRandom(1));
  expect(batch.documentVectors.rows).toBe(3);
  expect([...batch.target.data]).toEqual([0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 1, 0, 0, 1]);
});

it('meets what was named as no answer', async () => {
  const negatives = [
    [-1, 0, 0],
    [-1, 0, 0],
    [1, 1, 0],
    [0, -1, 0],
  ];
  const draw = await pairDrawer(unitPairs({ ...pairs, negatives }, 3), 1, {});
  const { batch } = draw(seededRandom(1));
  // One of the three answers is named once as none; two others are new.
  expect(batch.documentVectors.rows).toBe(5);
  expect([...batch.target.data.subarray(0, 5)]).toEqual([0.5, 0.5, 0, 0, 0]);
  expect([...batch.target.data.subarray(10, 15)]).toEqual([0, 0, 1, 0, 0]);
});

it('refuses pairs whose numbers differ', () => {
  expect(() => unitPairs({ ...pairs, documents: [[1, 0, 0]] }, 3)).toThrow(
    /pairs.documents: got 1 vectors, expected 4/,
  );
  expect(() => unitPairs({ ...pairs, negatives: [[1, 0]] }, 3)).toThrow(/expected 3/);
});
