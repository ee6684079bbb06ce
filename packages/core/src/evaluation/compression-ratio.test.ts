import { expect, it } from 'vitest';
import { compressionRatio } from './compression-ratio.ts';

it('compares with float32', () => {
  expect(compressionRatio(384, 16)).toBe(96);
  expect(compressionRatio(384, 1536)).toBe(1);
});

it('refuses a vector that takes no bytes', () => {
  expect(() => compressionRatio(384, 0)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
