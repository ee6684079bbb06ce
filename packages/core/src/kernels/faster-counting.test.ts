import { expect, it } from 'vitest';
import { fasterCounting } from './faster-counting.ts';

/** Measures kernels that take so many milliseconds, and so many times as many for the first calls. */
function measured(countInWords: number, countInLanes: number, slowness: number) {
  let time = 0;
  let calls = 0;
  const take = (milliseconds: number) => () => {
    time += milliseconds * (calls++ < 300 ? slowness : 1);
    return 0;
  };
  const kernel = {
    memory: new WebAssembly.Memory({ initial: 1 }),
    countInWords: take(countInWords),
    countInLanes: take(countInLanes),
  };
  return fasterCounting(kernel, () => time);
}

it('takes what is faster once both are compiled', () => {
  expect(measured(0.002, 0.001, 4)).toBe('vector');
  expect(measured(0.001, 0.002, 4)).toBe('scalar');
});

it('stays with words where nothing got faster in time', () => {
  expect(measured(0.002, 0.001, 1)).toBe('scalar');
  expect(measured(2, 1, 4)).toBe('scalar');
});

it('comes to an end where the clock stands still', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  expect(fasterCounting({ memory, countInWords: () => 0, countInLanes: () => 0 }, () => 0)).toBe(
    'scalar',
  );
});
