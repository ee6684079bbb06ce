import { expect, it } from 'vitest';
import { overlap } from './overlap.ts';

it('is the share of what was expected', () => {
  expect(overlap([1, 2, 3], [3, 4])).toBe(0.5);
  expect(overlap([], [3, 4])).toBe(0);
  expect(overlap([1], [])).toBe(1);
});
