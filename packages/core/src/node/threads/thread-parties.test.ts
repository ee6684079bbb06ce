import { expect, it } from 'vitest';
import { mostParties } from '../../kernels/scan/shared-kernel.ts';
import { giveBackParties, takeParties } from './thread-parties.ts';

it('gives every thread a number of its own, above that of the main thread', () => {
  expect(takeParties(3)).toBe(1);
  expect(takeParties(2)).toBe(4);
  giveBackParties(1, 3);
  expect(takeParties(4)).toBe(6);
  expect(takeParties(3)).toBe(1);
  expect(() => takeParties(mostParties)).toThrow(
    expect.objectContaining({ code: 'not-supported' }),
  );
});
