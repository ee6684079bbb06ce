import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './half.ts';

describe('float16', () => {
  it('has the bits of the standard', () => {
    const cases: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [0.1, 0x2e66],
      [1 / 3, 0x3555],
      [2 - 2 ** -12, 0x4000],
    ];
    for (const [value, bits] of cases) expect(toHalf(value)).toBe(bits);
  });

  it('gives back all of its numbers', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value)) expect(toHalf(value)).toBe(bits);
    }
    expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
  });

  it('rounds to the nearest, ties to even', () => {
    expect(fromHalf(toHalf(1 + 2 ** -11))).toBe(1);
    expect(fromHalf(toHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(fromHalf(toHalf(1 + 2 ** -11 + 2 ** -20))).toBe(1 + 2 ** -10);
  });
});
