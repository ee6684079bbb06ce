import { expect, it } from 'vitest';
import { row } from '../vectors/matrix.ts';
import { seededRandom } from '../vectors/random.ts';
import { AskedQuestions } from './asked-questions.ts';

it('keeps each question with the same chance', () => {
  const kept = new Uint32Array(50);
  for (let seed = 0; seed < 2000; seed++) {
    const asked = new AskedQuestions(10, 2, seededRandom(seed));
    for (let i = 0; i < 50; i++) asked.note([i, 0.1]);
    const sample = asked.sample(10);
    for (let i = 0; i < 10; i++) kept[row(sample, i)[0]]++;
  }
  // A fifth of 2000, and four times as much as chance is likely to be off.
  for (const count of kept) expect(Math.abs(count - 400)).toBeLessThan(72);
});

it('keeps none twice, whatever is asked again', () => {
  const asked = new AskedQuestions(10, 1, seededRandom(3));
  for (let i = 0; i < 500; i++) asked.note([i % 3 === 0 ? i : 0.1]);
  const sample = asked.sample(10);
  expect(new Set(sample.data).size).toBe(10);
});

it('gives as many as it has, which do not change', () => {
  const asked = new AskedQuestions(3, 1, seededRandom(1));
  expect(asked.sample(5).rows).toBe(0);
  for (const value of [1, 1, 2]) asked.note([value]);
  expect(asked.count).toBe(2);
  const sample = asked.sample(5);
  expect([...sample.data]).toEqual([1, 2]);
  expect([...asked.sample(1).data]).toEqual([1]);
  for (let i = 3; i < 100; i++) asked.note([i]);
  expect([...sample.data]).toEqual([1, 2]);
});

it('gives halves that have no question in common', () => {
  const asked = new AskedQuestions(10, 1, seededRandom(1));
  for (let i = 0; i < 7; i++) asked.note([i]);
  expect([...(asked.half(0, 4)?.data ?? [])]).toEqual([0, 2, 4, 6]);
  expect([...(asked.half(1, 3)?.data ?? [])]).toEqual([1, 3, 5]);
  expect(asked.half(1, 4)).toBeUndefined();
});
