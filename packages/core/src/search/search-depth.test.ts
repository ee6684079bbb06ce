import { expect, it } from 'vitest';
import { resolveDepth } from './search-depth.ts';

const twoPart = { hasDecoder: true, hasPrefixes: true };

it.each([
  [32, 1000, 40_000],
  [32, 100_000, 40_000],
  [32, 400_000, 80_000],
  [512, 100_000, 8000],
  [512, 900_000, 24_000],
])(
  'hands on as many codes in two parts as their %i first bits and %i rows need',
  (firstBits, rows, expected) => {
    expect(resolveDepth({ k: 10 }, { ...twoPart, rows, firstBits }).prefixes).toBe(expected);
    expect(resolveDepth({ k: 10, candidates: 77 }, { ...twoPart, rows, firstBits }).prefixes).toBe(
      77,
    );
  },
);
