import { expect, it } from 'vitest';
import { float16Values, toFloat16 } from './float16.ts';

it('has the bits of the standard', () => {
  const cases: [number, number][] = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [2 - 2 ** -12, 0x4000],
  ];
  for (const [value, bits] of cases) expect(toFloat16(value)).toBe(bits);
});

it('every float16 is kept as it is', () => {
  const values = float16Values();
  for (let bits = 0; bits < 65536; bits++) {
    const value = values[bits] as number;
    if (!Number.isNaN(value)) expect(toFloat16(value)).toBe(bits);
    else expect(values[toFloat16(value)]).toBeNaN();
  }
});

it('rounds to the nearest, ties to even, and past the largest to infinity', () => {
  const values = float16Values();
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [values[bits] as number, values[bits + 1] as number];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    expect(toFloat16(middle)).toBe(even);
    expect(toFloat16(middle + (high - low) / 100)).toBe(bits + 1);
    expect(toFloat16(middle - (high - low) / 100)).toBe(bits);
    expect(toFloat16(-middle)).toBe(even | 0x8000);
  }
  expect([65519, 65520, -1e9].map(toFloat16)).toEqual([0x7bff, 0x7c00, 0xfc00]);
});
