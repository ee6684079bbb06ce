import { expect, it } from 'vitest';
import type { VectorFormat } from './bytes-per-vector.ts';
import { bytesPerVector } from './bytes-per-vector.ts';

it.each<[VectorFormat, number, number]>([
  ['float32', 384, 1536],
  ['float16', 384, 768],
  ['int8', 384, 388],
  ['binary', 384, 48],
  ['binary', 65, 16],
  ['float32', 0, 0],
])('%s of %i dimensions takes %i bytes', (format, dimensions, bytes) => {
  expect(bytesPerVector(format, dimensions)).toBe(bytes);
});

it.each([-1, 1.5, Number.NaN])('refuses %d dimensions', (dimensions) => {
  expect(() => bytesPerVector('float32', dimensions)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
