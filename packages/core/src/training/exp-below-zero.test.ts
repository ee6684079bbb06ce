import { expect, it } from 'vitest';
import { expBelowZero } from './exp-below-zero.ts';

it('is the exponential to the precision of a float32', () => {
  expect(expBelowZero(0)).toBe(1);
  expect(expBelowZero(-0)).toBe(1);
  for (let x = 0; x >= -87; x -= 0.00917) {
    expect(Math.abs(expBelowZero(x) / Math.exp(x) - 1)).toBeLessThan(2 ** -25);
  }
});

it('is nothing where a float32 would be next to nothing, and not a number of what is none', () => {
  expect(expBelowZero(-88)).toBe(0);
  expect(expBelowZero(-Infinity)).toBe(0);
  expect(expBelowZero(NaN)).toBeNaN();
});
