import { expect, it } from 'vitest';
import { evenParts, headAndGroups } from './arrange-layout.ts';

it.each([
  [
    384,
    256,
    [
      [128, 128],
      [256, 128],
    ],
  ],
  [384, 192, [[384, 192]]],
  [384, 384, [[384, 384]]],
  [384, 128, [[384, 128]]],
  [
    7,
    5,
    [
      [3, 3],
      [4, 2],
    ],
  ],
  [
    70,
    33,
    [
      [14, 14],
      [56, 19],
    ],
  ],
  [9, 1, [[9, 1]]],
  [1, 1, [[1, 1]]],
])('%i dimensions on %i bits', (dimensions, bits, expected) => {
  const segments = headAndGroups(dimensions, bits);
  expect(segments.map((segment) => [segment.dimensions, segment.bits])).toEqual(expected);
});

it('covers every dimension with exactly the bits, whatever they are', () => {
  for (let dimensions = 1; dimensions <= 40; dimensions++) {
    for (let bits = 1; bits <= dimensions; bits++) {
      const segments = headAndGroups(dimensions, bits);
      expect(segments.reduce((sum, segment) => sum + segment.dimensions, 0)).toBe(dimensions);
      expect(segments.reduce((sum, segment) => sum + segment.bits, 0)).toBe(bits);
      expect(segments.every((segment) => segment.bits > 0)).toBe(true);
    }
  }
});

it('splits evenly, larger parts first', () => {
  expect(evenParts(7, 3)).toEqual([3, 2, 2]);
  expect(evenParts(4, 2)).toEqual([2, 2]);
});
